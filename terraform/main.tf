# Deploys stagecert's function and AWS Config rule to every account and Region of an organization.

locals {
  # Minified, because CloudFormation accepts at most 51,200 bytes.
  template_body = file("${path.module}/stack-set.template.json")

  account_filter_type = (
    var.accounts != null ? "INTERSECTION" : length(var.excluded_accounts) > 0 ? "DIFFERENCE" : null
  )
}

resource "aws_cloudformation_stack_set" "this" {
  name             = coalesce(var.stack_set_name, var.name)
  description      = "stagecert: function and rule in each account and Region"
  permission_model = "SERVICE_MANAGED"
  call_as          = var.call_as
  capabilities     = ["CAPABILITY_NAMED_IAM"]
  template_body    = local.template_body
  parameters       = local.parameters
  tags             = merge(var.tags, local.tags)

  # AWS ignores account filters for automatic deployments.
  auto_deployment {
    enabled                          = var.accounts == null
    retain_stacks_on_account_removal = var.accounts == null ? false : null
  }

  # Conflicting operations are queued instead of failing.
  managed_execution {
    active = true
  }

  operation_preferences {
    region_concurrency_type      = "PARALLEL"
    max_concurrent_percentage    = var.max_concurrent_percentage
    failure_tolerance_percentage = var.failure_tolerance_percentage
  }

  lifecycle {
    # The provider sets it for the other permission model only.
    ignore_changes = [administration_role_arn]
  }
}

resource "aws_cloudformation_stack_set_instance" "this" {
  for_each = var.regions

  stack_set_name            = aws_cloudformation_stack_set.this.name
  stack_set_instance_region = each.key
  call_as                   = var.call_as

  deployment_targets {
    organizational_unit_ids = var.organizational_unit_ids
    accounts                = local.account_filter_type == null ? null : coalesce(var.accounts, var.excluded_accounts)
    account_filter_type     = local.account_filter_type
  }

  operation_preferences {
    region_concurrency_type      = "PARALLEL"
    max_concurrent_percentage    = var.max_concurrent_percentage
    failure_tolerance_percentage = var.failure_tolerance_percentage
    concurrency_mode             = "SOFT_FAILURE_TOLERANCE"
  }
}
