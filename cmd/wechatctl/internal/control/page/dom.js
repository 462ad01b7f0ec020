// el makes an element. Texts become text nodes, never markup, so nothing that comes from outside can run.
export function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value === true) node.setAttribute(name, "");
    else if (value !== false && value != null) node.setAttribute(name, value);
  }
  node.append(...children.filter((child) => child != null && child !== false));
  return node;
}

export const byId = (id) => document.getElementById(id);

export const yuan = (fen) => `¥${(fen / 100).toFixed(2)}`;

const two = (n) => String(n).padStart(2, "0");

// clock is a time of today, or day and time.
export function clock(time, now = time) {
  const t = new Date(time), today = new Date(now);
  const hours = `${two(t.getHours())}:${two(t.getMinutes())}:${two(t.getSeconds())}`;
  return t.toDateString() === today.toDateString() ? hours : `${two(t.getMonth() + 1)}-${two(t.getDate())} ${hours}`;
}

// span is a time to wait, for people.
export function span(milliseconds) {
  const s = Math.max(0, Math.round(milliseconds / 1000));
  if (s < 60) return `${s} 秒`;
  if (s < 3600) return `${Math.floor(s / 60)} 分 ${s % 60} 秒`;
  return `${Math.floor(s / 3600)} 小时 ${Math.floor((s % 3600) / 60)} 分`;
}

// put replaces an element's children unless they would be the same: what somebody has selected or opened stays.
export function put(parent, key, make) {
  if (parent.dataset.key === key) return;
  parent.dataset.key = key;
  parent.replaceChildren(...make());
}

let hiding;
export function toast(text, bad = false) {
  const box = byId("toast");
  box.textContent = text;
  box.className = bad ? "toast on bad" : "toast on";
  clearTimeout(hiding);
  hiding = setTimeout(() => { box.className = "toast"; }, bad ? 6000 : 2500);
}

// copy puts a text into the clipboard and says so.
export async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    toast("已复制");
  } catch {
    toast("浏览器不允许复制，请手动选择", true);
  }
}

export const copyButton = (text) => el("button", { type: "button", class: "copy", onclick: () => copy(text) }, "复制");
