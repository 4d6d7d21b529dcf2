package readrole

// object is a mapping whose order is kept: people read what is written.
type object []member

type member struct {
	key   string
	value any // string, int, []string, []object or object
}

// policy is an IAM policy document of one statement.
func policy(statement object) object {
	return object{{"Version", "2012-10-17"}, {"Statement", []object{statement}}}
}
