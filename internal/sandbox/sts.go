package sandbox

// stsOperations lists the operations of STS.
func stsOperations() map[string]handler {
	return map[string]handler{
		"GetCallerIdentity": getCallerIdentity,
	}
}

func getCallerIdentity(c *call) error {
	c.xml.text("Arn", c.principal)
	c.xml.text("UserId", iamID("AIDA", digest("user", c.account.id)))
	c.xml.text("Account", c.account.id)
	return nil
}
