// Phones: codes for log-in and number, and paying.
import { act, post } from "./api.js";
import { byId, copy, copyButton, el, put, toast } from "./dom.js";
import { tellDelivery } from "./notices.js";

let chosen = "", known = [];

export function start(refresh) {
  byId("add").addEventListener("submit", async (submit) => {
    submit.preventDefault();
    const phone = await act(submit.submitter, () => post("phones", { name: byId("name").value.trim() }));
    if (!phone) return;
    byId("name").value = "";
    choose(phone.name);
    refresh();
  });
  byId("login").addEventListener("click", (click) => give(click.target, "login", "js_code（wx.login）"));
  byId("grant").addEventListener("click", (click) => give(click.target, "grant-phone", "code（getPhoneNumber）"));
  byId("given-copy").addEventListener("click", () => copy(byId("given-code").textContent));
  byId("pay").addEventListener("submit", async (submit) => {
    submit.preventDefault();
    const launch = byId("launch").value.trim();
    if (!launch) { toast("请先粘贴商店返回的支付参数", true); return; }
    const paid = await act(submit.submitter, () => post(path("pay"), launch));
    if (!paid) return;
    byId("launch").value = "";
    const notice = paid.result?.notices.find((n) => !n.out_refund_no);
    if (notice) tellDelivery(notice.attempts.at(-1)); else toast("requestPayment:ok");
    refresh();
  });
}

// current is the name of the phone that is shown.
export const current = () => chosen;

const path = (what) => `phones/${encodeURIComponent(chosen)}/${what}`;

async function give(button, what, title) {
  const answer = await act(button, () => post(path(what)));
  if (!answer) return;
  byId("given-what").textContent = `${chosen} 的 ${title}，5 分钟内只能用一次`;
  byId("given-code").textContent = answer.code;
  byId("given").hidden = false;
}

function choose(name) {
  if (chosen !== name) byId("given").hidden = true;
  chosen = name;
  draw();
}

export function show({ phones }) {
  known = phones;
  if (!known.some((p) => p.name === chosen)) chosen = known[0]?.name ?? "";
  draw();
}

function draw() {
  const phone = known.find((p) => p.name === chosen);
  byId("no-phones").hidden = known.length > 0;
  byId("phone").hidden = !phone;
  put(byId("phones"), known.map((p) => p.name).join() + "\n" + chosen, () => known.map((p) =>
    el("button", { type: "button", "aria-pressed": String(p.name === chosen), onclick: () => choose(p.name) }, p.name)));
  if (!phone) return;
  const fields = { 手机号: phone.number, openid: phone.openid, 公众号openid: phone.official_openid, unionid: phone.unionid };
  put(byId("who"), JSON.stringify(phone), () => Object.entries(fields).flatMap(([name, value]) =>
    [el("dt", {}, name), el("dd", {}, el("code", { title: value }, value), copyButton(value))]));
}
