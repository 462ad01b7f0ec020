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

const SVG = "http://www.w3.org/2000/svg";

// icon draws one path.
export function icon(path, attributes = {}) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  const line = document.createElementNS(SVG, "path");
  line.setAttribute("d", path);
  for (const [name, value] of Object.entries(attributes)) line.setAttribute(name, value);
  svg.append(line);
  return svg;
}

export const byId = (id) => document.getElementById(id);

export const yuan = (fen) => (fen / 100).toFixed(2);

// face maps an avatar's address to the picture of this page, because the page loads nothing from elsewhere.
export function face(url) {
  const name = /\/(fox|panda|cat|bear)\.svg$/.exec(url || "");
  return name ? `img/${name[1]}.svg` : "img/nobody.svg";
}
