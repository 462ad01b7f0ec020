// Orders, and the form that lets something happen.
import { act, post } from "./api.js";
import { byId, clock, el, put, toast, yuan } from "./dom.js";
import { tellDelivery } from "./notices.js";
import { current } from "./phones.js";
import { tellReply } from "./push.js";

const states = { NOTPAY: ["待支付", "wait"], SUCCESS: ["已支付", "good"], CLOSED: ["已关闭", ""], REFUND: ["有退款", "info"] };
const refundStates = { PROCESSING: ["退款中", "wait"], SUCCESS: ["退款成功", "good"], CLOSED: ["退款关闭", ""], ABNORMAL: ["退款异常", "bad"] };

// Which part of the form belongs to which event; those that are about no order stand alone.
const parts = {
  forge: ["notice"], typed: ["message.event", "other"], keyed: ["message.event"], worded: ["message.text", "other"],
};
const alone = ["message.text", "message.event", "other"];
const types = {
  "message.event": ["subscribe", "unsubscribe", "SCAN", "CLICK", "VIEW"],
  other: ["MCHTRANSFER.BILL.FINISHED", "COMPLAINT.CREATE"],
};
const typed = () => byId("type").value.trim() || byId("type").placeholder;
const wishes = {
  notice: () => ({ changes: { [byId("change").value]: byId("value").value } }),
  other: () => ({ type: typed(), plaintext: byId("text").value || "{}" }),
  "message.text": () => ({ text: byId("text").value, phone: current() }),
  "message.event": () => {
    const key = byId("key").value.trim();
    return { type: typed(), phone: current(), ...(key && { fields: { EventKey: key } }) };
  },
};

export function start(refresh) {
  const event = byId("event"), change = byId("change"), value = byId("value");
  const show = () => {
    for (const [part, events] of Object.entries(parts)) byId(part).hidden = !events.includes(event.value);
    byId("ordered").hidden = alone.includes(event.value);
    byId("types").replaceChildren(...(types[event.value] ?? []).map((type) => el("option", { value: type })));
    byId("type").placeholder = types[event.value]?.[0] ?? "";
    byId("text").placeholder = event.value === "other" ? "明文 JSON，如 {}" : "写给公众号的文字";
  };
  const preset = () => { value.value = change.selectedOptions[0].dataset.value; };
  event.addEventListener("change", show);
  change.addEventListener("change", preset);
  show();
  preset();
  byId("trigger").addEventListener("submit", async (submit) => {
    submit.preventDefault();
    const wish = { event: event.value, ...wishes[event.value]?.() };
    if (!alone.includes(event.value)) wish.out_trade_no = byId("number").value.trim();
    await trigger(submit.submitter, wish);
    refresh();
  });
}

async function trigger(button, wish) {
  const done = await act(button, () => post("trigger", wish));
  if (!done) return;
  if (done.push) {
    tellReply(done.push);
  } else if (done.forgery) {
    toast(done.forgery.status ? `错误的通知已发送，你的回答是 ${done.forgery.status}` : `没有回答：${done.forgery.error}`, !done.forgery.status);
  } else if (done.notice) {
    tellDelivery(done.notice.attempts.at(-1));
  } else toast("没有通知可发：没有 notify_url；商户平台退款要有 -api-v2-key");
}

export function show({ orders, refunds }, now, refresh) {
  byId("no-orders").hidden = orders.length > 0;
  put(byId("numbers"), orders.map((o) => o.out_trade_no).join(), () => orders.map((o) => el("option", { value: o.out_trade_no })).reverse());
  put(byId("orders"), JSON.stringify([orders, refunds]), () =>
    [...orders].reverse().map((order) => row(order, refunds.filter((r) => r.out_trade_no === order.out_trade_no), now, refresh)));
}

function row(order, refunds, now, refresh) {
  const doing = (text, work) => el("button", { type: "button", class: "act", onclick: async (click) => { await work(click.target); refresh(); } }, text);
  const happen = (text, name) => doing(text, (button) => trigger(button, { event: name, out_trade_no: order.out_trade_no }));
  const resend = doing("重发 resend", async (button) => {
    const sent = await act(button, () => post(`orders/${encodeURIComponent(order.out_trade_no)}/resend`));
    if (sent) tellDelivery(sent.attempt);
  });
  const left = order.total - refunds.filter((r) => r.status !== "CLOSED").reduce((sum, r) => sum + r.refund, 0);
  return el("tr", {},
    el("td", {}, order.out_trade_no, order.transaction_id && el("small", { title: "transaction_id" }, order.transaction_id)),
    el("td", {}, badge(states, order.state), ...refunds.map((r) => el("div", { title: r.out_refund_no }, badge(refundStates, r.status), ` ${yuan(r.refund)}`))),
    el("td", { class: "num" }, yuan(order.total)),
    el("td", {}, order.trade_type === "MWEB" ? "H5" : order.trade_type),
    el("td", {}, order.phone || "—"),
    el("td", {}, clock(order.created_at, now)),
    el("td", {},
      order.state === "NOTPAY" && happen("支付", "payment.succeeded"),
      order.transaction_id && resend,
      order.transaction_id && left > 0 && happen("退款", "refund.succeeded")));
}

const badge = (names, state) => el("span", { class: `badge ${names[state]?.[1] ?? ""}` }, names[state]?.[0] ?? state);
