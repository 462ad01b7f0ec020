// The live trail: asks the host for news again and again, and shows the steps in the order in which they began.
import { ask } from "./api.js";
import { byId, el } from "./dom.js";

const names = { phone: "手机", host: "服务器", wechat: "微信", plugin: "插件", books: "账本" };
const most = 400; // steps on the page

export function start(onNews) {
  const list = byId("steps"), newest = byId("newest");
  let pinned = true; // the newest step is kept in sight, until somebody scrolls up or opens a step
  const toEnd = () => { pinned = true; list.scrollTop = list.scrollHeight; newest.hidden = true; };
  list.addEventListener("scroll", () => {
    pinned = list.scrollHeight - list.scrollTop - list.clientHeight < 40;
    if (pinned) newest.hidden = true;
  });
  list.addEventListener("toggle", (event) => { // does not bubble, hence the capture
    const item = event.target.closest("li");
    if (!event.target.open || !item) return;
    pinned = false;
    item.scrollIntoView({ block: item.offsetHeight > list.clientHeight ? "start" : "nearest" });
  }, true);
  new ResizeObserver(() => { if (pinned) toEnd(); }).observe(list);
  newest.addEventListener("click", toEnd);
  byId("clear").addEventListener("click", () => { list.replaceChildren(); byId("nothing").hidden = false; newest.hidden = true; });

  poll((steps, fresh) => {
    for (const step of steps) insert(list, step, fresh);
    while (list.children.length > most) list.firstElementChild.remove();
    byId("nothing").hidden = list.children.length > 0;
    if (pinned) toEnd(); else newest.hidden = false;
    onNews();
  }, () => list.replaceChildren());
}

async function poll(show, restart) {
  let run = "", after = 0;
  for (;;) {
    try {
      const news = await ask("GET", `/demo/trail?run=${encodeURIComponent(run)}&after=${after}`);
      byId("lost").hidden = true;
      const first = run !== news.run;
      if (first && run !== "") restart();
      if (news.steps?.length) show(news.steps, !first);
      run = news.run;
      after = news.after;
    } catch {
      byId("lost").hidden = false;
      await new Promise((go) => setTimeout(go, 1500));
    }
  }
}

// insert puts a step behind those that began before it.
function insert(list, step, fresh) {
  const at = Date.parse(step.at) + fraction(step.at);
  const item = el("li", { class: `by-${step.from}${fresh ? " fresh" : ""}` }, details(step));
  item.at = at;
  let before = list.lastElementChild;
  while (before && before.at > at) before = before.previousElementSibling;
  if (before) before.after(item); else list.prepend(item);
}

// fraction is what Date leaves out: the part of a time below a millisecond.
function fraction(time) {
  const digits = /\.(\d+)/.exec(time)?.[1] ?? "";
  return Number(`0.${digits.padEnd(9, "0").slice(3, 9)}`);
}

function details(step) {
  const { call } = step;
  return el("details", {},
    el("summary", {},
      el("span", { class: "time" }, clock(step.at)),
      el("span", { class: "route" }, who(step.from), step.to && "→", step.to && who(step.to)),
      el("span", { class: "what" }, step.title),
      el("span", {}, call && el("span", { class: step.problem ? "code bad" : "code" }, call.status ? String(call.status) : "无回答"),
        step.took_ms ? el("span", { class: "took" }, `${step.took_ms.toFixed(1)} ms`) : null,
        !call && step.problem && el("span", { class: "code bad" }, "注意")),
      call && el("span", { class: "line" }, `${call.method} ${call.path}`),
      step.note && el("span", { class: "under" }, step.note)),
    more(step));
}

function more({ call, fields, event }) {
  const box = el("div", { class: "more" });
  const part = (title, text) => text && box.append(el("h3", {}, title), el("pre", { tabindex: "0" }, text));
  if (call) {
    part("请求", [`${call.method} ${call.path}`, ...(call.header ?? []).map((h) => `${h.name}: ${h.value}`)].join("\n") + (call.body ? `\n\n${pretty(call.body)}` : ""));
    part("回答", `${[call.status, call.error].filter(Boolean).join(" · ") || "无回答"}${call.answer ? `\n\n${pretty(call.answer)}` : ""}`);
  }
  if (fields?.length) part("内容", fields.map((f) => `${f.name} = ${f.value}`).join("\n"));
  else if (event) part("事件", event);
  if (!box.children.length) part("内容", "没有更多内容");
  return box;
}

const who = (actor) => el("span", { class: `who by-${actor}` }, names[actor] ?? actor);

function pretty(text) {
  try { return JSON.stringify(JSON.parse(text), null, 2); } catch { return text; }
}

function clock(time) {
  const t = new Date(time);
  const two = (n) => String(n).padStart(2, "0");
  return `${two(t.getHours())}:${two(t.getMinutes())}:${two(t.getSeconds())}`;
}
