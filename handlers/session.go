package handlers

import (
	"runtime/debug"
	"strings"

	"github.com/gofiber/fiber/v2"

	"wgink.ink/wechat/internal/fault"
	"wgink.ink/wechat/internal/identity"
)

type userKey struct{}

// RequireUser lets a request pass only with the token of a logged-in user, in the header "token" or as
// "Authorization: Bearer …"; User then returns who it is.
func (h *Handlers) RequireUser(c *fiber.Ctx) error {
	user, err := h.authenticate(c)
	if err != nil {
		setHeaders(c)
		return h.fail(c, err)
	}
	c.Locals(userKey{}, user)
	return c.Next()
}

// authenticate turns its own panics into errors, but not those of the handlers that come after RequireUser: these are
// the host's.
func (h *Handlers) authenticate(c *fiber.Ctx) (user identity.User, err error) {
	defer func() {
		if recover() != nil {
			h.Log.Error("panic while authenticating", "stack", string(debug.Stack()))
			err = fault.New(fault.Internal, nil)
		}
	}()
	if h.Identity == nil {
		return user, fault.Newf(fault.Internal, "RequireUser needs mini-app.active")
	}
	token, err := tokenOf(c)
	if err != nil {
		return user, err
	}
	return h.Identity.Authenticate(c.UserContext(), token)
}

// User is the user RequireUser found; ok is false on a route without it.
func User(c *fiber.Ctx) (user identity.User, ok bool) {
	user, ok = c.Locals(userKey{}).(identity.User)
	return user, ok
}

// tokenOf reads the token from the headers. It is never taken from a URL, which ends up in logs.
func tokenOf(c *fiber.Ctx) (string, error) {
	token, once := header(c, "token")
	if !once {
		return "", fault.Newf(fault.BadRequest, "the header token came more than once")
	}
	if token != "" {
		return token, nil
	}
	authorization, once := header(c, fiber.HeaderAuthorization)
	if !once {
		return "", fault.Newf(fault.BadRequest, "the header Authorization came more than once")
	}
	scheme, value, _ := strings.Cut(authorization, " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return "", fault.Newf(fault.NotLoggedIn, "no token")
	}
	return strings.TrimSpace(value), nil
}
