# What the module itself needs. parameters.tf has the parameters of the template.

variable "organizational_unit_ids" {
  type        = list(string)
  description = "The organizational units (ou-...), or the organization's root (r-...)"

  validation {
    condition     = length(var.organizational_unit_ids) > 0
    error_message = "At least one organizational unit is required."
  }

  validation {
    condition     = alltrue([for id in var.organizational_unit_ids : can(regex("^(ou|r)-[0-9a-z-]+$", id))])
    error_message = "Allowed: organizational units (ou-...) and the root (r-...)."
  }
}

variable "regions" {
  type        = set(string)
  description = "The Regions. Each needs a bucket named after code_bucket_prefix"

  validation {
    condition     = length(var.regions) > 0
    error_message = "At least one Region is required."
  }
}

variable "accounts" {
  type        = list(string)
  description = "The only accounts of these units to deploy to. New accounts are then not included automatically"
  default     = null

  validation {
    condition     = var.accounts == null || length(coalesce(var.accounts, [])) > 0
    error_message = "Allowed: at least one account, or leave the variable out."
  }

  validation {
    condition     = alltrue([for id in coalesce(var.accounts, []) : can(regex("^[0-9]{12}$", id))])
    error_message = "Allowed: account IDs of twelve digits."
  }
}

variable "excluded_accounts" {
  type        = list(string)
  description = "The accounts of these units to leave out, unless accounts is set. AWS ignores it for new accounts"
  default     = []

  validation {
    condition     = alltrue([for id in var.excluded_accounts : can(regex("^[0-9]{12}$", id))])
    error_message = "Allowed: account IDs of twelve digits."
  }
}

variable "stack_set_name" {
  type        = string
  description = "The name of the StackSet; by default that of the deployment"
  default     = null
}

variable "call_as" {
  type        = string
  description = "DELEGATED_ADMIN if the provider's account is a delegated administrator, SELF if it is the management account"
  default     = "DELEGATED_ADMIN"

  validation {
    condition     = contains(["DELEGATED_ADMIN", "SELF"], var.call_as)
    error_message = "Allowed: DELEGATED_ADMIN, SELF."
  }
}

variable "max_concurrent_percentage" {
  type        = number
  description = "The percentage of accounts in which to deploy at the same time"
  default     = 100

  validation {
    condition     = var.max_concurrent_percentage >= 1 && var.max_concurrent_percentage <= 100
    error_message = "Allowed: 1 to 100."
  }
}

variable "failure_tolerance_percentage" {
  type        = number
  description = "The percentage of accounts that may fail before the deployment stops in a Region"
  default     = 100

  validation {
    condition     = var.failure_tolerance_percentage >= 0 && var.failure_tolerance_percentage <= 100
    error_message = "Allowed: 0 to 100."
  }
}

variable "tags" {
  type        = map(string)
  description = "The tags of the StackSet, which CloudFormation adds to all resources that support tags"
  default     = { application = "stagecert" }
}
