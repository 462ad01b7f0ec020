package main

import (
	"embed"
	"net/http"

	"github.com/gofiber/fiber/v2"
	"github.com/gofiber/fiber/v2/middleware/filesystem"
)

//go:embed page
var pageFiles embed.FS

// mountPage serves the page: plain files, nothing from elsewhere, nothing inline.
func mountPage(app fiber.Router) {
	app.Use(func(c *fiber.Ctx) error {
		c.Set(fiber.HeaderContentSecurityPolicy, "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "+
			"connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
		c.Set(fiber.HeaderXContentTypeOptions, "nosniff")
		c.Set(fiber.HeaderReferrerPolicy, "no-referrer")
		c.Set(fiber.HeaderCacheControl, "no-cache") // the files change with the program
		return c.Next()
	}, filesystem.New(filesystem.Config{Root: http.FS(pageFiles), PathPrefix: "page"}))
}
