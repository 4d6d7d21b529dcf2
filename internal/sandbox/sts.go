package sandbox

// stsOperations lists the operations of STS.
func stsOperations() map[string]handler {
	return map[string]handler{
		"GetCallerIdentity": getCallerIdentity,
		"AssumeRole":        assumeRole,
	}
}

func getCallerIdentity(c *call) error {
	id := userID(c.account.id)
	if c.loan != nil {
		id = c.loan.userID
	}
	c.xml.text("Arn", c.principal)
	c.xml.text("UserId", id)
	c.xml.text("Account", c.account.id)
	return nil
}

// userID gives the id of the one user by whom everything in an account is done.
func userID(account string) string { return iamID("AIDA", digest("user", account)) }
