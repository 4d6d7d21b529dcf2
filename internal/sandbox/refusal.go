package sandbox

import "net/http"

// throttled is how each protocol says that there were too many calls.
func throttled(c *call) *apiError {
	switch c.service.protocol.(type) {
	case ec2Query:
		return &apiError{http.StatusServiceUnavailable, "RequestLimitExceeded", "Request limit exceeded."}
	case json11, restJSON:
		if c.service.name == "organizations" || c.service.name == "account" { // API references
			return &apiError{http.StatusTooManyRequests, "TooManyRequestsException", "You have sent too many requests in too short a period of time."}
		}
		return badRequest("ThrottlingException", "Rate exceeded")
	default:
		return badRequest("Throttling", "Rate exceeded")
	}
}

// badCredentials is what a wrong or expired key gets.
func badCredentials(c *call) *apiError {
	switch c.service.protocol.(type) {
	case ec2Query:
		return &apiError{http.StatusUnauthorized, "AuthFailure", "AWS was not able to validate the provided access credentials"}
	case json11, restJSON:
		return badRequest("UnrecognizedClientException", "The security token included in the request is invalid.")
	default:
		return &apiError{http.StatusForbidden, "InvalidClientTokenId", "The security token included in the request is invalid."}
	}
}

// badToken is what a page token gets that the service did not make, or made too long ago.
func badToken(c *call) *apiError {
	switch c.service.protocol.(type) {
	case ec2Query:
		return badRequest("InvalidNextToken", "The token '"+c.form.get("NextToken")+"' is invalid")
	case json11:
		return badRequest("InvalidParameterException", "The specified nextToken is invalid.")
	default:
		return badRequest("ValidationError", "Invalid Marker")
	}
}

// denied is what a call gets that a policy does not allow. Reads of EC2 name no
// resource; other services do (observed).
func denied(c *call, wording string) *apiError {
	action := c.service.name + ":" + c.operation
	why := deniedBecause(c, action, wording)
	if c.service.name == "ec2" {
		text := "You are not authorized to perform this operation."
		if why != "" {
			text += " User: " + c.principal + " is not authorized to perform: " + action + " " + why
		}
		return &apiError{http.StatusForbidden, "UnauthorizedOperation", text}
	}
	text := "User: " + c.principal + " is not authorized to perform: " + action + " on resource: *"
	if why != "" {
		text += " " + why
	}
	if _, isJSON := c.service.protocol.(json11); isJSON {
		return badRequest("AccessDeniedException", text)
	}
	return &apiError{http.StatusForbidden, "AccessDenied", text}
}

// deniedBecause words the reason as AWS does since its messages name the kind of policy.
func deniedBecause(c *call, action, wording string) string {
	deny := "with an explicit deny in a "
	switch wording {
	case "scp":
		return deny + "service control policy: arn:" + c.account.partition + ":organizations::999999999999:policy/o-exampleorg1/service_control_policy/p-examplescp"
	case "rcp":
		return deny + "resource control policy"
	case "boundary":
		return deny + "permissions boundary: arn:" + c.account.partition + ":iam::" + c.account.id + ":policy/engineers-boundary"
	case "session":
		return deny + "session policy"
	case "bare":
		return ""
	default:
		return "because no identity-based policy allows the " + action + " action"
	}
}
