package handlers

import (
	"github.com/gofiber/fiber/v2"

	"wgink.ink/wechat/internal/fault"
	"wgink.ink/wechat/internal/identity"
)

// UpdatePhone binds the phone number (手机号) behind a getPhoneNumber code, or in encryptedData of old clients. It answers
// like LogIn, because the old token ends.
//
// It asks for the user itself: RequireUser would refuse the second request of a double tap, whose token the first one ended.
func (h *Handlers) UpdatePhone(c *fiber.Ctx) error {
	user, err := h.authenticate(c)
	if err != nil {
		return h.repeatPhone(c, err)
	}
	proof, err := phoneProof(c)
	if err != nil {
		return err
	}
	login, err := h.Identity.BindPhone(c.UserContext(), user, proof)
	if err != nil {
		return err
	}
	return data(c, login.Data())
}

// repeatPhone gives the answer of a moment ago to the same request; refused is what it gets otherwise.
func (h *Handlers) repeatPhone(c *fiber.Ctx, refused error) error {
	if fault.CodeOf(refused) != fault.NotLoggedIn {
		return refused
	}
	token, err := tokenOf(c)
	if err != nil {
		return refused
	}
	proof, err := phoneProof(c)
	if err != nil {
		return refused
	}
	login, found, err := h.Identity.BoundJustNow(c.UserContext(), token, proof)
	switch {
	case !found:
		return refused
	case err != nil:
		return err
	default:
		return data(c, login.Data())
	}
}

func phoneProof(c *fiber.Ctx) (identity.PhoneProof, error) {
	var in struct {
		identity.PhoneProof
		ignored
	}
	err := decode(c, &in)
	return in.PhoneProof, err
}
