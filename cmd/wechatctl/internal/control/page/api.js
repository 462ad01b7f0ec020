import { toast } from "./dom.js";

// ask sends a request to the control API and gives its whole answer: now and data.
export async function ask(method, path, body) {
  const response = await fetch(`v1/${path}`, {
    method, cache: "no-store",
    headers: body === undefined ? {} : { "Content-Type": "application/json" },
    body: body === undefined ? undefined : typeof body === "string" ? body : JSON.stringify(body),
  });
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw new Error(answer.msg || `请求失败（${response.status}）`);
  return answer;
}

// act runs what a button does: the button rests meanwhile, a failure is shown. It gives the answer's data, or undefined.
export async function act(button, work) {
  button.disabled = true;
  try {
    return await work();
  } catch (problem) {
    toast(problem.message, true);
  } finally {
    button.disabled = false;
  }
}

export const post = async (path, body = {}) => (await ask("POST", path, body)).data;
