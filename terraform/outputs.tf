output "stack_set_name" {
  description = "The name of the StackSet, for `aws cloudformation list-stack-instances`"
  value       = aws_cloudformation_stack_set.this.name
}

output "stack_set_arn" {
  description = "The ARN of the StackSet"
  value       = aws_cloudformation_stack_set.this.arn
}

output "function_name" {
  description = "The name of the function in each account and Region"
  value       = "${var.name}-evaluator"
}

output "rule_name" {
  description = "The name of the AWS Config rule in each account and Region"
  value       = "${var.name}-api-client-certificates"
}
