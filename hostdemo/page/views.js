// What the screens look like. They know nothing of requests: each gets its data and what to do on a tap.
import { el, face, icon, yuan } from "./dom.js";

export const stateNames = { NOTPAY: "待支付", SUCCESS: "已支付", CLOSED: "已取消", REFUND: "已退款" };

const price = (fen) => el("span", { class: "price" }, el("small", {}, "¥"), yuan(fen));
const state = (name) => el("span", { class: `state ${name}` }, stateNames[name] ?? name);
const big = (text, onclick, quiet) => el("button", { type: "button", class: quiet ? "big quiet" : "big", onclick }, text);

export function welcome({ merchant, onLogIn }) {
  return el("div", { class: "welcome" },
    el("img", { class: "logo", src: "img/logo.svg", alt: "" }),
    el("h3", {}, merchant), el("p", {}, "一杯好咖啡，扫码就到"),
    big("微信一键登录", onLogIn),
    el("p", { class: "small" }, "登录只取得你在本小程序的 openid"));
}

export function bindPhone({ merchant, onBind, onLater }) {
  return el("div", { class: "welcome" },
    el("img", { class: "logo", src: "img/logo.svg", alt: "" }),
    el("h3", {}, "登录成功"), el("p", {}, `绑定手机号，成为${merchant}会员`),
    big("手机号快捷登录", onBind),
    el("button", { type: "button", class: "link", onclick: onLater }, "暂不绑定，先逛逛"));
}

export function shop({ goods, bound, onBuy, onBind }) {
  return el("div", {},
    el("div", { class: "hero" }, el("h3", {}, "早上好，来一杯？"), el("p", {}, "现点现做 · 到店自取")),
    !bound && el("div", { class: "tip" }, "绑定手机号，订单不怕丢", el("button", { type: "button", onclick: onBind }, "去绑定")),
    ...goods.map((good) => el("div", { class: "good" },
      el("img", { src: `img/${good.id}.svg`, alt: "" }),
      el("div", {}, el("h4", {}, good.name), el("p", {}, good.note),
        el("div", { class: "buy" }, price(good.price_fen),
          el("button", { type: "button", "aria-label": `购买${good.name}`, onclick: (event) => onBuy(good, event.currentTarget) }, "购买"))))));
}

export function orders({ list, onOpen }) {
  if (!list.length) return el("p", { class: "empty" }, "还没有订单");
  return el("div", { class: "card" }, ...list.map((order) => el("button", { type: "button", class: "row", onclick: () => onOpen(order) },
    el("span", {}, order.name, " ", el("small", {}, `¥${yuan(order.amount_fen)}`)), state(order.state))));
}

export function order({ order, onPay, onClose }) {
  const row = (name, ...value) => el("div", { class: "row" }, el("span", {}, name), el("span", {}, ...value));
  return el("div", {},
    el("div", { class: "card" },
      row("状态", state(order.state)), row("商品", order.name), row("金额", `¥${yuan(order.amount_fen)}`),
      row("订单号", order.no), order.transaction_id && row("微信支付单号", order.transaction_id),
      row("下单时间", new Date(order.created_at).toLocaleString("zh-CN", { hour12: false }))),
    order.state === "NOTPAY" && el("div", { class: "buttons" }, big("继续支付", onPay), big("取消订单", onClose, true)));
}

export function paid({ order, onOrder, onShop }) {
  const tick = icon("M12 1.5a10.5 10.5 0 1 0 0 21 10.5 10.5 0 0 0 0-21zm-1.4 15.2-4.6-4.5 1.4-1.5 3.2 3.1 6-6.2 1.5 1.4z", { fill: "#07c160" });
  return el("div", {},
    el("div", { class: "done" }, tick, el("h3", {}, "支付成功"), el("div", { class: "amount" }, el("small", {}, "¥"), yuan(order.amount_fen)),
      el("p", {}, order.name)),
    el("div", { class: "buttons" }, big("查看订单", onOrder, true), big("完成", onShop)));
}

export function me({ session, number, onProfile, onBind, onOrders, onLogOut }) {
  return el("div", {},
    el("div", { class: "me" }, el("img", { src: face(session.avatarUrl), alt: "" }),
      el("div", {}, el("h3", {}, session.nickName || "微信用户"), el("p", {}, session.bound ? number : "未绑定手机号"))),
    el("div", { class: "card" },
      el("button", { type: "button", class: "row", onclick: onProfile }, el("span", {}, "头像昵称"), el("span", {}, "修改")),
      session.bound
        ? el("div", { class: "row" }, el("span", {}, "手机号"), el("span", {}, `${number} 已绑定`))
        : el("button", { type: "button", class: "row", onclick: onBind }, el("span", {}, "手机号"), el("span", {}, "去绑定")),
      el("button", { type: "button", class: "row", onclick: onOrders }, el("span", {}, "我的订单"), el("span", {}, "查看"))),
    el("div", { class: "buttons" }, big("重新登录", onLogOut, true)));
}
