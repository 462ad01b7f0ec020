// Sheets rise from the phone's lower edge, as WeChat's do: authorisation, profile, payment.
import { byId, el, yuan } from "./dom.js";

// open shows a sheet and resolves with what the person chose; null when they put it away.
function open(label, build) {
  return new Promise((resolve) => {
    const cover = byId("cover"), before = document.activeElement;
    const behind = [byId("screen"), byId("tabs")];
    const close = (answer) => {
      document.removeEventListener("keydown", onKey);
      cover.replaceChildren();
      cover.hidden = true;
      for (const part of behind) part.inert = false;
      if (before?.isConnected) before.focus();
      resolve(answer);
    };
    const onKey = (event) => { if (event.key === "Escape") close(null); };
    const sheet = el("div", { class: "sheet", role: "dialog", "aria-modal": "true", "aria-label": label }, ...build(close));
    document.addEventListener("keydown", onKey);
    cover.replaceChildren(sheet);
    cover.hidden = false;
    for (const part of behind) part.inert = true;
    sheet.querySelector("[data-first]")?.focus();
  });
}

const from = (merchant, wish) => el("div", { class: "from" }, el("img", { src: "img/logo.svg", alt: "" }), `${merchant} ${wish}`);

// askNumber is what the getPhoneNumber button shows; the mini-program only gets a code.
export function askNumber(merchant, number) {
  return open("手机号授权", (close) => [
    from(merchant, "申请"),
    el("h3", {}, "获取并验证你的手机号"),
    el("p", {}, "用于登录小程序、接收订单提醒"),
    el("div", { class: "choice" }, el("span", {}, number, el("small", {}, "微信绑定号码")), el("b", { "aria-hidden": "true" }, "✓")),
    el("div", { class: "pair" },
      el("button", { type: "button", class: "big quiet", onclick: () => close(null) }, "不允许"),
      el("button", { type: "button", class: "big", "data-first": true, onclick: () => close(true) }, "允许")),
  ]);
}

// askProfile is chooseAvatar and the nickname input in one.
export function askProfile(merchant, { nickname, avatar }) {
  return open("头像昵称", (close) => {
    let chosen = avatar || "fox";
    const faces = el("div", { class: "faces", role: "group", "aria-label": "头像" });
    for (const [name, label] of [["fox", "狐狸"], ["panda", "熊猫"], ["cat", "猫"], ["bear", "熊"]]) {
      faces.append(el("button", { type: "button", "aria-pressed": String(name === chosen), onclick: (event) => {
        chosen = name;
        for (const button of faces.children) button.setAttribute("aria-pressed", String(button === event.currentTarget));
      } }, el("img", { src: `img/${name}.svg`, alt: label })));
    }
    const input = el("input", { type: "text", maxlength: "32", value: nickname || "", autocomplete: "off", "data-first": true });
    const submit = () => close({ nickname: input.value.trim(), avatar: chosen });
    input.addEventListener("keydown", (event) => { if (event.key === "Enter" && !event.isComposing) submit(); });
    return [
      from(merchant, "申请"), el("h3", {}, "获取你的头像、昵称"), el("p", {}, "只更新小程序用户，不改变系统账号"), faces,
      el("label", {}, "昵称", input),
      el("div", { class: "pair" },
        el("button", { type: "button", class: "big quiet", onclick: () => close(null) }, "取消"),
        el("button", { type: "button", class: "big", onclick: submit }, "保存")),
    ];
  });
}

// askPayment is wx.requestPayment's sheet. pay is called on 确认支付; the sheet stays while it runs.
export function askPayment({ merchant, name, fen }, pay) {
  return open("微信支付", (close) => {
    const cancel = el("button", { type: "button", "aria-label": "取消支付", onclick: () => close({ cancelled: true }) }, "×");
    const confirm = el("button", { type: "button", class: "big", "data-first": true, onclick: async () => {
      confirm.disabled = cancel.disabled = true;
      confirm.textContent = "正在支付……";
      try { await pay(); close({ paid: true }); } catch (error) { close({ error }); }
    } }, "确认支付");
    return [el("div", { class: "pay" },
      el("div", { class: "head" }, cancel, "微信支付"),
      el("div", {}, merchant),
      el("div", { class: "amount" }, el("small", {}, "¥"), yuan(fen)),
      el("div", { class: "row" }, el("span", {}, "商品"), el("span", {}, name)),
      el("div", { class: "row" }, el("span", {}, "付款方式"), el("span", {}, "零钱（演示，不扣真钱）")),
      confirm)];
  });
}
