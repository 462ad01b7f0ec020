package wechattest

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// compactJSON writes v as WeChat does: no blanks, no trailing newline, Chinese and "<>&" as they are.
func compactJSON(v any) []byte {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		panic(fmt.Sprintf("wechattest: %T cannot be JSON: %v", v, err)) // a defect: only our own types come here
	}
	return bytes.TrimSuffix(out.Bytes(), []byte("\n"))
}
