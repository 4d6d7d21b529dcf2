package sandbox

import (
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
)

// LoopbackOnly hands on requests that are addressed to this machine, and refuses all others: the name of
// a web site can be made to resolve to a loopback address (DNS rebinding), and its pages could then read
// and change what is here.
func LoopbackOnly(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !isLoopback(r.Host) {
			http.Error(w, fmt.Sprintf("flowproof sandbox: Host %q is not this machine's: use 127.0.0.1, localhost or a name that ends in .localhost, "+
				"or start the sandbox with --allow-remote", r.Host), http.StatusMisdirectedRequest)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// isLoopback reports whether a Host header is an address of the loopback interface, or one of the names
// that resolve to it everywhere (RFC 6761, 6.3): S3 clients put the bucket before localhost.
func isLoopback(host string) bool {
	if name, port, err := net.SplitHostPort(host); err == nil {
		if _, err := strconv.ParseUint(port, 10, 16); err != nil {
			return false
		}
		host = name
	}
	host = strings.TrimSuffix(strings.ToLower(strings.Trim(host, "[]")), ".")
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.Unmap().IsLoopback()
}
