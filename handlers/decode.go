package handlers

import (
	"io"
	"mime"
	"strings"

	"github.com/gofiber/fiber/v2"

	"wgink.ink/wechat/internal/fault"
	"wgink.ink/wechat/internal/strictjson"
)

// bodyLimit bounds the JSON our own clients send, in bytes.
const bodyLimit = 64 << 10

// decode reads a client's JSON object into v. Unknown and doubled fields are refused: they are mistakes, or attempts.
// Strings in v are copies, so they may be kept after the request.
func decode(c *fiber.Ctx, v any) error {
	body, err := rawBody(c, bodyLimit)
	if err != nil {
		return err
	}
	if media, _, err := mime.ParseMediaType(c.Get(fiber.HeaderContentType)); err != nil || media != fiber.MIMEApplicationJSON {
		return fault.Newf(fault.UnsupportedMedia, "Content-Type is not application/json")
	}
	if err := strictjson.Unmarshal(body, v, strictjson.DisallowUnknownFields()); err != nil {
		return fault.New(fault.BadRequest, err)
	}
	return nil
}

// rawBody is the body as it came over the wire. c.Body would inflate compressed bodies without a limit, and would change
// the bytes that a signature covers. The slice is Fiber's and dies with the request.
func rawBody(c *fiber.Ctx, limit int) ([]byte, error) {
	if len(c.Request().Header.ContentEncoding()) > 0 {
		return nil, fault.Newf(fault.UnsupportedMedia, "Content-Encoding is not accepted")
	}
	body, err := wireBody(c, limit)
	if err != nil {
		return nil, fault.New(fault.BadRequest, err)
	}
	if len(body) > limit {
		c.Context().SetConnectionClose() // else the server reads what is left of it
		return nil, fault.Newf(fault.TooLarge, "more than %d bytes", limit)
	}
	return body, nil
}

// wireBody is the body, or its beginning when it is a stream and longer than limit: for a host with
// fiber.Config.StreamRequestBody Fiber has no limit of its own.
func wireBody(c *fiber.Ctx, limit int) ([]byte, error) {
	if !c.Request().IsBodyStream() {
		return c.Request().Body(), nil
	}
	return io.ReadAll(io.LimitReader(c.Context().RequestBodyStream(), int64(limit)+1))
}

// header returns a copy of a header's only value; ok is false when it came more than once. A missing one is empty.
func header(c *fiber.Ctx, name string) (value string, ok bool) {
	all := c.Request().Header.PeekAll(name)
	switch len(all) {
	case 0:
		return "", true
	case 1:
		return strings.Clone(string(all[0])), true
	default:
		return "", false
	}
}
