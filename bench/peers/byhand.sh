#!/usr/bin/env bash
# "Audit by CLI" of `flowproof kb show vpc-flow-log-check`, VPC by VPC and Region by Region, as a
# person follows it. Prints a line a VPC: Region, VPC, verdict, why. "foreign" is a VPC of another
# account, which the page says is not yours to fix.
me=$(aws sts get-caller-identity --query Account --output text) || exit 1
for region in $(aws ec2 describe-regions --query 'Regions[].RegionName' --output text); do
	if ! vpcs=$(aws ec2 describe-vpcs --region "$region" --query 'Vpcs[].[VpcId,OwnerId]' --output text); then
		echo "$region - unknown could not list the VPCs"
		continue
	fi
	while read -r vpc owner; do
		[ -n "$vpc" ] || continue
		if [ "$owner" != "$me" ]; then
			echo "$region $vpc foreign owned by $owner"
			continue
		fi
		if ! logs=$(aws ec2 describe-flow-logs --region "$region" --filter Name=resource-id,Values="$vpc" \
			--query 'FlowLogs[].[FlowLogStatus,DeliverLogsStatus]' --output text); then
			echo "$region $vpc unknown could not list its flow logs"
		elif grep -q '^ACTIVE' <<<"$logs" && grep '^ACTIVE' <<<"$logs" | grep -qv FAILED; then
			echo "$region $vpc pass"
		else
			echo "$region $vpc fail ${logs:-no flow log}"
		fi
	done <<<"$vpcs"
done
