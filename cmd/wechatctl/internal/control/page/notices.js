// Notices with every delivery, and the wrong ones that were sent on purpose.
import { act, post } from "./api.js";
import { byId, clock, el, put, span, toast } from "./dom.js";

const kinds = { "TRANSACTION.SUCCESS": "支付成功", "REFUND.SUCCESS": "退款成功", "REFUND.ABNORMAL": "退款异常", "REFUND.CLOSED": "退款关闭", "v2 refund": "商户平台退款" };
const most = 4; // deliveries shown at once

export function tellDelivery(attempt) {
  if (!attempt) toast("通知还没有发出：已暂停，或正在等待回答");
  else if (attempt.accepted) toast(`通知已收下：${attempt.status}，${took(attempt)}`);
  else toast(attempt.status ? `通知被拒绝：${attempt.status}，${took(attempt)}` : `没有回答：${attempt.error}`, true);
}

export function show({ notices, forged, notices_held: held }, now, refresh) {
  const list = byId("notices");
  byId("no-notices").hidden = notices.length + forged.length > 0;
  const opened = new Set([...list.querySelectorAll("details[open]")].map((d) => d.dataset.id));
  const rows = [
    ...notices.map((n) => ({ at: n.attempts.at(-1)?.at ?? n.created_at, make: () => genuine(n, now, opened, refresh) })),
    ...forged.map((f) => ({ at: f.at, make: () => wrong(f, now) })),
  ].sort((a, b) => Date.parse(b.at) - Date.parse(a.at));
  put(list, JSON.stringify([notices, forged, held]), () => rows.map((r) => r.make()));
  for (const wait of list.querySelectorAll(".next")) {
    const left = Date.parse(wait.dataset.due) - Date.parse(now);
    wait.textContent = held ? "已暂停，放行后再发" : left > 0 ? `${span(left)}后第 ${wait.dataset.number} 次投递（${clock(wait.dataset.due, now)}）` : "正在投递……";
  }
}

function genuine(n, now, opened, refresh) {
  const last = n.attempts.at(-1);
  const mood = n.accepted ? "good" : !last ? "wait" : "bad";
  const older = n.attempts.slice(0, -most), recent = n.attempts.slice(-most);
  const resend = el("button", { type: "button", class: "act", onclick: async (click) => {
    const sent = await act(click.target, () => post(`notices/${encodeURIComponent(n.id)}/resend`));
    if (sent) tellDelivery(sent.attempt);
    refresh();
  } }, "重发 resend");
  const hidden = older.length > 0 && el("details", { class: "older", "data-id": n.id, open: opened.has(n.id) },
    el("summary", {}, `更早的 ${older.length} 次`), el("ul", { class: "attempts" }, ...older.map((a) => delivery(a, now))));
  return el("li", { class: mood },
    el("div", { class: "head" },
      el("span", { class: `badge ${mood}` }, n.accepted ? "已收下" : !last ? "等待" : n.due ? "重试中" : "放弃"),
      el("span", { class: "what" }, kinds[n.event_type] ?? n.event_type, el("small", {}, n.out_refund_no || n.out_trade_no || n.event_type)),
      el("span", { class: "right" }, resend),
      el("span", { class: "where", title: `id ${n.id}` }, `POST ${n.url}`)),
    hidden,
    el("ul", { class: "attempts" }, ...recent.map((a) => delivery(a, now))),
    !n.accepted && n.due && el("p", { class: "next", "data-due": n.due, "data-number": n.deliveries + 1 }));
}

function delivery(a, now) {
  const mood = a.accepted ? "good" : a.status ? "bad" : "";
  return el("li", {},
    el("span", { class: "no" }, `#${a.number}`),
    el("span", { class: "time" }, clock(a.at, now)),
    el("span", { class: `badge ${mood}` }, a.status ? String(a.status) : "无回答"),
    el("span", { class: "took" }, took(a)),
    el("span", { class: a.error ? "why" : "why soft" }, a.error || (a.manual ? "手动重发" : "")));
}

function wrong(f, now) {
  const taken = f.status === 200 || f.status === 204;
  const changes = Object.entries(f.changes ?? {}).map(([name, value]) => `${name}=${value}`).join("，") || "没有真的付款";
  return el("li", { class: "wait" },
    el("div", { class: "head" },
      el("span", { class: "badge wait" }, "故意发错"),
      el("span", { class: "what" }, changes, el("small", {}, f.out_refund_no || f.out_trade_no)),
      el("span", { class: "where" }, `POST ${f.url}`)),
    el("ul", { class: "attempts" }, el("li", {},
      el("span", { class: "no" }, "—"),
      el("span", { class: "time" }, clock(f.at, now)),
      el("span", { class: "badge" }, f.status ? String(f.status) : "无回答"),
      el("span", { class: "took" }, took(f)),
      el("span", { class: f.error ? "why" : "why soft" }, f.error || (taken ? "收下了：请确认商店没有入账" : f.answer)))));
}

const took = (a) => `${a.latency_ms < 10 ? a.latency_ms.toFixed(1) : Math.round(a.latency_ms)} ms`;
