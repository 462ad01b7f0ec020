package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
)

// bodyShown is how much of a body is printed; certificates and ciphertexts are long.
const bodyShown = 600

// printer writes the tour for a terminal.
type printer struct{ w io.Writer }

func (p printer) sayf(format string, args ...any) { _, _ = fmt.Fprintf(p.w, format+"\n", args...) }

func (p printer) heading(n int, name string) { p.sayf("\n%d. %s", n, name) }

func (p printer) remark(text string) {
	if text != "" {
		p.sayf("   ✓ %s", text)
	}
}

// steps prints what happened, in the order it began.
func (p printer) steps(steps []step) {
	slices.SortStableFunc(steps, func(a, b step) int { return a.At.Compare(b.At) })
	for _, s := range steps {
		p.step(s)
	}
}

func (p printer) step(s step) {
	who := string(s.From)
	if s.To != "" {
		who += " → " + string(s.To)
	}
	if s.Call == nil {
		p.sayf("   %-16s %s", who, cmp.Or(s.Plain, s.Title))
		var parts []string
		for _, f := range s.Fields {
			parts = append(parts, f.Name+"="+f.Value)
		}
		if len(parts) > 0 {
			p.sayf("   %16s %s", "", strings.Join(parts, " "))
		}
		return
	}
	p.sayf("   %-16s %s %s → %d (%.1f ms)", who, s.Call.Method, s.Call.Path, s.Call.Status, s.TookMs)
	for _, f := range s.Call.Header {
		p.sayf("   %16s > %s: %s", "", f.Name, f.Value)
	}
	p.body(">", s.Call.Body)
	p.body("<", s.Call.Answer)
	if s.Call.Error != "" {
		p.body("!", s.Call.Error)
	}
}

func (p printer) body(mark, text string) {
	if text == "" {
		return
	}
	var short bytes.Buffer
	if json.Compact(&short, []byte(text)) == nil {
		text = short.String()
	}
	if len(text) > bodyShown {
		text = strings.ToValidUTF8(text[:bodyShown], "") + fmt.Sprintf("… (%d bytes)", len(text))
	}
	p.sayf("   %16s %s %s", "", mark, text)
}

func (p printer) ledger(rows []booking) {
	p.table("EVENT\tORDER\tYUAN\tNOTICES\tDELIVERIES\tEFFECTS", func(w io.Writer) {
		for _, r := range rows {
			_, _ = fmt.Fprintf(w, "   %s\t%s\t%.2f\t%d\t%d\t%d\n", r.EventID, r.OrderNo, float64(r.AmountFen)/100, r.Notices, r.Seen, r.Effects)
		}
	})
}

func (p printer) members(rows []member) {
	p.table("OPENID\tPHONE\tNICKNAME\tCHANGES", func(w io.Writer) {
		for _, m := range rows {
			_, _ = fmt.Fprintf(w, "   %s\t%s\t%s\t%d\n", m.OpenID, m.Phone, m.Nickname, m.Changes)
		}
	})
}

func (p printer) table(head string, rows func(io.Writer)) {
	w := tabwriter.NewWriter(p.w, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(w, "   "+head)
	rows(w)
	_ = w.Flush()
}
