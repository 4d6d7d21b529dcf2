package snapshot

// OpenWithin is Open with another limit on what is unpacked.
func OpenWithin(path string, unpacked int64) (*Source, error) {
	return openWithin(path, limits{line: defaultLimits.line, unpacked: unpacked})
}
