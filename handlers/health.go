package handlers

import (
	"context"
	"time"

	"github.com/gofiber/fiber/v2"
)

// Health answers whether the module can do its work: the database answers and notices can be verified.
type Health func(ctx context.Context) error

// CheckHealth answers 200 while the module can do its work and 503 while it cannot. It says no more than that, because
// anybody may ask; the reason is in the log.
func (h *Handlers) CheckHealth(c *fiber.Ctx) error {
	ctx, cancel := context.WithTimeout(c.UserContext(), 2*time.Second)
	defer cancel()
	if err := h.Health(ctx); err != nil {
		h.Log.Error("not healthy", "error", err)
		c.Status(fiber.StatusServiceUnavailable)
		return data(c, fiber.Map{"status": "unavailable"})
	}
	return data(c, fiber.Map{"status": "ok"})
}
