// Scripts that make this WeChat misbehave.
import { act, ask, post } from "./api.js";
import { byId, el, put, toast } from "./dom.js";

const about = new Map();

export function start(refresh) {
  const scenario = byId("scenario");
  scenario.addEventListener("change", tell);
  byId("play").addEventListener("submit", async (submit) => {
    submit.preventDefault();
    if (await act(submit.submitter, () => post("faults", { scenario: scenario.value }))) toast(`${scenario.value} 开始了`);
    refresh();
  });
  byId("stop").addEventListener("click", async (click) => {
    await act(click.target, () => post("faults/stop"));
    refresh();
  });
}

const tell = () => { byId("about").textContent = about.get(byId("scenario").value) ?? ""; };

// load fetches the scenarios there are.
export async function load() {
  const { data } = await ask("GET", "faults");
  about.clear();
  for (const s of data.scenarios) about.set(s.name, s.about);
  byId("scenario").replaceChildren(...data.scenarios.map((s) => el("option", { value: s.name }, s.name)));
  tell();
}

export function show({ faults }) {
  byId("stop").disabled = faults.length === 0;
  put(byId("faults"), JSON.stringify(faults), () => faults.map((f) => el("li", {},
    el("span", {}, f.script), el("span", { class: f.struck ? "badge bad" : "badge" }, `发生 ${f.struck} 次`), el("code", {}, f.fault))));
}
