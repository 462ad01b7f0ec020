package wechattest

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"regexp"
	"strings"
)

// pngImage is an answer that is no JSON.
type pngImage []byte

const (
	// The width of a code in pixels. Source: developers.weixin.qq.com, getUnlimitedQRCode.
	codeWidth, codeWidthMin, codeWidthMax = 430, 280, 1280
	// codeModules is how many black or white squares the drawn code has in a row.
	codeModules = 32
)

// unlimitedCode is POST /wxa/getwxacodeunlimit (获取不限制的小程序码): a picture, or an error in JSON. The picture looks
// different for each scene and page, but no phone can read it.
func (s *Simulator) unlimitedCode(call openCall) any {
	request := struct {
		Scene      string         `json:"scene"`
		Page       string         `json:"page"`
		CheckPath  bool           `json:"check_path"`
		EnvVersion string         `json:"env_version"`
		Width      int            `json:"width"`
		AutoColor  bool           `json:"auto_color"`
		LineColor  map[string]any `json:"line_color"`
		IsHyaline  bool           `json:"is_hyaline"`
	}{CheckPath: true, EnvVersion: "release", Width: codeWidth}
	if refused, ok := call.decode(&request); !ok {
		return refused
	}
	scene := regexp.MustCompile(`^[0-9A-Za-z!#$&'()*+,/:;=?@\-._~]{1,32}$`)
	var known bool
	s.view(func(st *state) { known = !request.CheckPath || st.hasPage(request.Page) })
	switch {
	case !scene.MatchString(request.Scene):
		return refusal{40129, "invalid scene"}
	case request.Page != "" && (!known || strings.Contains(request.Page, "?") || request.Page[0] == '/'):
		return refusal{41030, "invalid page"}
	case request.Width < codeWidthMin || request.Width > codeWidthMax:
		return refusal{40097, "invalid args: width"}
	case oneOf("release", "trial", "develop")(request.EnvVersion) != "":
		return refusal{40097, "invalid args: env_version"}
	}
	return drawCode(fmt.Sprintf("%s %s", request.Page, request.Scene), request.Width, request.IsHyaline)
}

// drawCode draws the bits of a hash as squares.
func drawCode(text string, width int, transparent bool) pngImage {
	background := color.RGBA{255, 255, 255, 255}
	if transparent {
		background = color.RGBA{}
	}
	var bits []byte
	for row := range codeModules {
		sum := sha256.Sum256(fmt.Appendf(nil, "%d %s", row, text))
		bits = append(bits, sum[:codeModules/8]...)
	}
	picture := image.NewPaletted(image.Rect(0, 0, width, width), color.Palette{background, color.RGBA{0, 0, 0, 255}})
	for y := range width {
		for x := range width {
			module := y*codeModules/width*codeModules + x*codeModules/width
			picture.SetColorIndex(x, y, bits[module/8]>>(module%8)&1)
		}
	}
	var out bytes.Buffer
	_ = png.Encode(&out, picture) // cannot fail: in memory
	return out.Bytes()
}
