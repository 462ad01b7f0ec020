// The mini-program on the phone: which screen is shown, and what a tap asks of the host. What only a real phone can do
// (wx.login, getPhoneNumber, wx.requestPayment) is asked of the local WeChat below /demo/phones.
import { ask, Refused } from "./api.js";
import { byId, el, icon } from "./dom.js";
import * as sessions from "./session.js";
import * as sheet from "./sheet.js";
import * as views from "./views.js";

const avatarHost = "https://avatars.hostdemo.example";
const tabs = [
  ["shop", "点单", "M4 8h13v6a5 5 0 0 1-5 5H9a5 5 0 0 1-5-5zM17 9h1.5a2.75 2.75 0 0 1 0 5.5H17M8 5V3M12.5 5V3"],
  ["orders", "订单", "M6 3h12v18l-3-2-3 2-3-2-3 2zM9 8h6M9 12h6"],
  ["me", "我的", "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM4.5 20c.5-4 3.5-6 7.5-6s7 2 7.5 6"],
];

let owners = [], owner, session = {}, merchant = "小叶咖啡", goods = [], busy = false;

export async function start() {
  tick();
  setInterval(tick, 10_000);
  byId("tabs").replaceChildren(...tabs.map(([name, label, path]) =>
    el("button", { type: "button", "data-tab": name, onclick: () => go(screens[name]) }, icon(path), label)));
  for (;;) {
    try {
      owners = (await ask("GET", "/demo/phones")).data;
      break;
    } catch { await new Promise((again) => setTimeout(again, 1500)); }
  }
  const last = localStorage.getItem("hostdemo");
  take(owners.find((o) => o.id === last) ?? owners[0]);
}

// take picks a phone up.
function take(next) {
  owner = next;
  byId("toast").classList.remove("on");
  session = sessions.load(owner.id);
  localStorage.setItem("hostdemo", owner.id);
  byId("owners").replaceChildren(...owners.map((o) =>
    el("button", { type: "button", "aria-pressed": String(o === owner), onclick: () => { if (!busy && byId("cover").hidden) take(o); } }, o.label)));
  go(session.token ? screens.shop : screens.welcome);
}

function keep(change) {
  session = { ...session, ...change };
  sessions.save(owner.id, session);
}

const host = (method, path, body) => ask(method, path, { body, token: session.token });
const wx = (what, body) => ask("POST", `/demo/phones/${owner.id}/${what}`, { body });

// go runs a screen's function; what goes wrong becomes a toast, and an ended token leads to the log-in.
async function go(run, ...args) {
  if (busy) return;
  busy = true;
  try {
    await run(...args);
  } catch (error) {
    if (error instanceof Refused && error.status === 401) {
      keep({ token: "" });
      show("welcome", merchant, views.welcome({ merchant, onLogIn: () => go(logIn) }));
    }
    toast(error instanceof Refused ? error.message : "出错了");
    if (!(error instanceof Refused)) console.error(error);
  } finally { busy = false; }
}

function show(tab, title, view, back) {
  byId("title").textContent = title;
  byId("screen").replaceChildren(view);
  byId("screen").scrollTop = 0;
  byId("tabs").hidden = !tabs.some(([name]) => name === tab);
  for (const button of byId("tabs").children) {
    if (button.dataset.tab === tab) button.setAttribute("aria-current", "page"); else button.removeAttribute("aria-current");
  }
  byId("back").hidden = !back;
  byId("back").onclick = back ? () => go(back) : null;
}

const screens = {
  async welcome() { show("welcome", merchant, views.welcome({ merchant, onLogIn: () => go(logIn) })); },
  async bind() {
    show("bind", merchant, views.bindPhone({ merchant, onBind: () => go(bindPhone), onLater: () => go(screens.shop) }));
  },
  async shop() {
    if (!goods.length) ({ merchant, goods } = (await host("GET", "/shop/goods")).data);
    show("shop", merchant, views.shop({ goods, bound: session.bound, onBuy: (good) => go(buy, good), onBind: () => go(bindPhone) }));
  },
  async orders() {
    const list = (await host("GET", "/shop/orders")).data;
    show("orders", "我的订单", views.orders({ list, onOpen: (order) => go(screens.order, order.no) }));
  },
  async order(no) {
    const { data } = await host("GET", `/shop/orders/${no}`);
    show("order", "订单详情", views.order({
      order: data,
      onPay: () => go(async () => { await pay(await host("POST", `/shop/orders/${no}/pay`)); }),
      onClose: () => go(async () => { await host("POST", `/shop/orders/${no}/close`); toast("订单已取消"); await screens.order(no); }),
    }), screens.orders);
  },
  async me() {
    show("me", "我的", views.me({
      session, number: owner.phone, onProfile: () => go(changeProfile), onBind: () => go(bindPhone),
      onOrders: () => go(screens.orders), onLogOut: () => { keep({ token: "" }); go(screens.welcome); },
    }));
  },
};

async function logIn() {
  const { code } = (await wx("login")).data;
  const { data } = await ask("POST", "/wechat/sign/default", { body: { code } });
  keep(sessions.fromLogin(session, data));
  if (session.bound) { toast("登录成功"); await screens.shop(); } else await screens.bind();
}

async function bindPhone() {
  if (!await sheet.askNumber(merchant, owner.phone)) { toast("你没有授权手机号"); return; }
  const { code } = (await wx("number")).data;
  const { data } = await host("PUT", "/app/miniapp/update-phone", { code });
  keep(sessions.fromLogin(session, data));
  await screens.shop();
  toast("手机号已绑定");
}

async function changeProfile() {
  const avatar = /\/(\w+)\.svg$/.exec(session.avatarUrl || "")?.[1];
  const chosen = await sheet.askProfile(merchant, { nickname: session.nickName || owner.label.slice(0, 2), avatar });
  if (!chosen) return;
  const { data } = await host("PUT", "/wechat/app/miniapp/user/update-info",
    { nickName: chosen.nickname, avatarUrl: `${avatarHost}/${chosen.avatar}.svg` });
  keep(data);
  await screens.me();
  toast("资料已更新");
}

async function buy(good) { await pay(await host("POST", "/shop/orders", { goods: good.id })); }

// pay shows WeChat's sheet. Whether the order is paid is asked of the host afterwards, never taken from the sheet.
async function pay({ data: { order, launch } }) {
  const done = await sheet.askPayment({ merchant, name: order.name, fen: order.amount_fen }, () => wx("pay", launch));
  if (done?.error) toast(done.error.message);
  if (!done?.paid) {
    if (!done?.error) toast("你取消了支付");
    await screens.order(order.no);
    return;
  }
  const { data } = await host("GET", `/shop/orders/${order.no}`);
  if (data.state !== "SUCCESS") { await screens.order(order.no); return; }
  show("paid", "微信支付", views.paid({ order: data, onOrder: () => go(screens.order, data.no), onShop: () => go(screens.shop) }));
}

let toastTimer;
function toast(text) {
  const node = byId("toast");
  node.textContent = text;
  node.classList.add("on");
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => node.classList.remove("on"), 2200);
}

function tick() {
  const now = new Date();
  byId("clock").textContent = `${now.getHours()}:${String(now.getMinutes()).padStart(2, "0")}`;
}
