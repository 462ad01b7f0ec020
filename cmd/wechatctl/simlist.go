package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"text/tabwriter"
	"time"

	"wgink.ink/wechat/cmd/wechatctl/internal/control"
)

const listHelp = `
Usage: wechatctl sim list orders|refunds|notices|phones [flags]

Lists what the running local WeChat knows, oldest first.
`

func simList(ctx context.Context, t terminal, args []string) error {
	flags := newFlags(t, "sim list", listHelp)
	sim := simFlag(t, flags)
	asJSON := flags.Bool("json", false, "print JSON, with everything there is")
	rest, err := parse(flags, args)
	if err != nil {
		return err
	}
	tables := map[string]func(*tabwriter.Writer, json.RawMessage) error{
		"orders": orderTable, "refunds": refundTable, "notices": noticeTable, "phones": phoneTable,
	}
	if len(rest) != 1 || tables[rest[0]] == nil {
		return wrongArguments(flags, "orders|refunds|notices|phones")
	}
	var data json.RawMessage
	if err := sim.ask(ctx, http.MethodGet, rest[0], nil, &data); err != nil {
		return err
	}
	if *asJSON {
		t.sayf("%s", data)
		return nil
	}
	w := tabwriter.NewWriter(t.out, 0, 0, 2, ' ', 0)
	if err := tables[rest[0]](w, data); err != nil {
		return err
	}
	return w.Flush()
}

// rows prints a table: a heading, then a row for each element of a JSON list.
func rows[T any](w *tabwriter.Writer, data json.RawMessage, heading string, row func(T) []any) error {
	var list []T
	if err := json.Unmarshal(data, &list); err != nil {
		return fmt.Errorf("the local WeChat's answer: %w", err)
	}
	_, _ = fmt.Fprintln(w, strings.ReplaceAll(heading, " ", "\t"))
	for _, element := range list {
		var cells []string
		for _, cell := range row(element) {
			cells = append(cells, fmt.Sprint(cell))
		}
		_, _ = fmt.Fprintln(w, strings.Join(cells, "\t"))
	}
	return nil
}

func orderTable(w *tabwriter.Writer, data json.RawMessage) error {
	return rows(w, data, "OUT_TRADE_NO STATE YUAN TYPE PHONE CREATED TRANSACTION_ID", func(o control.Order) []any {
		return []any{o.OutTradeNo, o.State, yuan(o.TotalFen), o.TradeType, o.Phone, local(o.CreatedAt), o.TransactionID}
	})
}

func refundTable(w *tabwriter.Writer, data json.RawMessage) error {
	return rows(w, data, "OUT_REFUND_NO STATUS YUAN OUT_TRADE_NO CREATED REFUND_ID", func(r control.Refund) []any {
		return []any{r.OutRefundNo, r.Status, yuan(r.RefundFen), r.OutTradeNo, local(r.CreatedAt), r.RefundID}
	})
}

func noticeTable(w *tabwriter.Writer, data json.RawMessage) error {
	return rows(w, data, "ID EVENT OUT_TRADE_NO DELIVERIES ANSWER NEXT", func(n control.Notice) []any {
		answer, next := "-", "-"
		if len(n.Attempts) > 0 {
			last := n.Attempts[len(n.Attempts)-1]
			if answer = fmt.Sprint(last.Status); last.Status == 0 {
				answer = "none"
			}
		}
		if !n.Due.IsZero() {
			next = local(n.Due)
		}
		return []any{n.ID, n.EventType, n.OutTradeNo, n.Deliveries, answer, next}
	})
}

func phoneTable(w *tabwriter.Writer, data json.RawMessage) error {
	return rows(w, data, "NAME NUMBER OPENID UNIONID", func(p control.Phone) []any {
		return []any{p.Name, p.Number, p.OpenID, p.UnionID}
	})
}

// printOrder prints an order in one line.
func printOrder(t terminal, o control.Order) {
	t.sayf("Order %s  %s  %s yuan  %s", o.OutTradeNo, o.State, yuan(o.TotalFen), o.Phone)
}

func yuan(fen int64) string { return fmt.Sprintf("%d.%02d", fen/100, fen%100) }

func local(at time.Time) string { return at.Local().Format(time.DateTime) }
