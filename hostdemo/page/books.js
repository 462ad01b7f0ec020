// The plugins' own tables, and the button that makes WeChat repeat a notice.
import { ask } from "./api.js";
import { byId, el, face, yuan } from "./dom.js";

const changes = {
  "user.created": "首次登录", "user.phone_bound": "绑定手机号", "user.profile_updated": "更新资料", "user.merged": "账号合并",
};

// start shows the tables and gives a function that reads them again.
export function start() {
  let running = false, again = false;
  async function refresh() {
    if (running) { again = true; return; }
    running = true;
    try {
      const { ledger, members } = await ask("GET", "/demo/books");
      show("ledger", ledger.map(bookingRow));
      show("members", members.map(memberRow));
    } catch { /* the trail says that the connection is lost, and asks again */ }
    running = false;
    if (again) { again = false; refresh(); }
  }
  refresh();
  return refresh;
}

function show(id, rows) {
  const focused = byId(id).contains(document.activeElement) ? document.activeElement.dataset.order : undefined;
  byId(id).replaceChildren(...rows);
  if (focused) byId(id).querySelector(`[data-order="${CSS.escape(focused)}"]`)?.focus();
  byId(`no-${id}`).hidden = rows.length > 0;
}

function bookingRow(b) {
  const resend = el("button", { type: "button", "data-order": b.order_no, "aria-label": `让微信再发一次订单 ${b.order_no} 的通知`, onclick: async () => {
    try { await ask("POST", `/demo/orders/${encodeURIComponent(b.order_no)}/resend`); } catch (error) { resend.textContent = error.message; }
  } }, "再发一次通知");
  return el("tr", {},
    el("td", {}, el("code", {}, b.order_no), el("small", {}, b.event_id)),
    el("td", { class: "num" }, `¥${yuan(b.amount_fen)}`),
    el("td", { class: "num" }, `${b.notices} 次`),
    el("td", { class: "num" }, `${b.deliveries} 次`),
    el("td", { class: "num" }, el("span", { class: b.effects === 1 ? "once" : "once bad" }, `${b.effects} 次`)),
    el("td", {}, resend));
}

function memberRow(m) {
  return el("tr", {},
    el("td", {}, el("img", { src: face(m.avatar_url), alt: "" }), m.nickname || "微信用户"),
    el("td", {}, m.phone || "未绑定"),
    el("td", {}, changes[m.last_event] || m.last_event),
    el("td", { class: "num" }, `${m.changes} 次`));
}
