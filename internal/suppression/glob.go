package suppression

// matches reports whether a glob fits a text as a whole: * stands for any characters, those
// between the parts of an ARN too, ? for one, and everything else for itself. It takes no more than
// the product of both lengths, whatever the glob.
func matches(globText, wholeText string) bool {
	glob, text := []rune(globText), []rune(wholeText)
	star, retry := -1, 0 // the last * and where the text after it is tried next
	g, t := 0, 0
	for t < len(text) {
		switch {
		case g < len(glob) && glob[g] == '*':
			star, retry = g, t
			g++
		case g < len(glob) && (glob[g] == '?' || glob[g] == text[t]):
			g, t = g+1, t+1
		case star >= 0:
			retry++
			g, t = star+1, retry
		default:
			return false
		}
	}
	for g < len(glob) && glob[g] == '*' {
		g++
	}
	return g == len(glob)
}
