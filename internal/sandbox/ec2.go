package sandbox

// ec2Operations lists the operations of EC2.
func ec2Operations() map[string]handler {
	return map[string]handler{
		"DescribeRegions":                   describeRegions,
		"CreateVpc":                         createVPC,
		"DescribeVpcs":                      describeVPCs,
		"DeleteVpc":                         deleteVPC,
		"CreateSubnet":                      createSubnet,
		"DescribeSubnets":                   describeSubnets,
		"DeleteSubnet":                      deleteSubnet,
		"CreateNetworkInterface":            createNetworkInterface,
		"DescribeNetworkInterfaces":         describeNetworkInterfaces,
		"CreateFlowLogs":                    createFlowLogs,
		"DescribeFlowLogs":                  describeFlowLogs,
		"DeleteFlowLogs":                    deleteFlowLogs,
		"CreateTransitGateway":              createTransitGateway,
		"DescribeTransitGateways":           describeTransitGateways,
		"CreateTransitGatewayVpcAttachment": createTransitGatewayVPCAttachment,
		"DescribeTransitGatewayAttachments": describeTransitGatewayAttachments,
		"CreateNatGateway":                  createNATGateway,
		"DescribeNatGateways":               describeNATGateways,
		"CreateTags":                        createTags,
	}
}
