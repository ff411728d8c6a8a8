"use strict";
// One chart: lines over the steps of a run, as SVG, so that it prints and follows the page's colours.

const HEIGHT = 190, TALL = 250, TOP = 20, BOTTOM = 22, LEFT = 48, RIGHT = 12;
const KEPT = 0.985; // of the values are within a linear chart; rare spikes are cut off and said
const SVG = "http://www.w3.org/2000/svg";

function svg(tag, attributes = {}, ...children) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

// A measured number in three significant digits: 0.450, 11.4, 0.000312, 12,000.
function digits(value) {
  if (value === null || value === undefined) return "–";
  if (typeof value !== "number" || !Number.isFinite(value)) return String(value);
  const size = Math.abs(value);
  if (size >= 1000) return size < 1e9 ? Math.round(value).toLocaleString("en") : value.toExponential(2);
  if (size !== 0 && size < 1e-4) return value.toExponential(2);
  return value === 0 ? "0" : value.toPrecision(3);
}

function label(value) {
  const size = Math.abs(value);
  if (size >= 1e6 || (size !== 0 && size < 1e-3)) return value.toExponential(0).replace("e+", "e");
  return size >= 1000 ? value.toLocaleString("en") : String(+value.toPrecision(6));
}

function ticks(low, high, about) {
  const rough = (high - low) / about, power = 10 ** Math.floor(Math.log10(rough));
  const step = power * [1, 2, 5, 10].find((m) => m * power >= rough * 0.999);
  const found = [];
  for (let i = Math.ceil(low / step - 1e-9); i <= Math.floor(high / step + 1e-9); i++) found.push(+(i * step).toPrecision(12));
  return found;
}

function quantile(sorted, share) {
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.round(share * (sorted.length - 1))))];
}

// The mean of what is near each value, the nearer the more it counts (twice flat makes a triangle); gaps stay gaps.
function smoothed(values, share) {
  const reach = Math.round((values.length * share) / 2);
  return reach < 1 ? values : averaged(averaged(values, reach), reach);
}

function averaged(values, reach) {
  const n = values.length, total = new Float64Array(n + 1), count = new Int32Array(n + 1);
  for (let i = 0; i < n; i++) {
    total[i + 1] = total[i] + (values[i] ?? 0);
    count[i + 1] = count[i] + (values[i] === null ? 0 : 1);
  }
  return values.map((value, i) => {
    if (value === null) return null;
    const low = Math.max(0, i - reach), high = Math.min(n, i + reach + 1);
    return (total[high] - total[low]) / Math.max(1, count[high] - count[low]);
  });
}

// A vertical scale: linear, or logarithmic, or where values are not all positive the inverse hyperbolic sine.
class Scale {
  constructor(values, levels, span, log) {
    const sorted = Float64Array.from(values).sort();
    const inside = [...levels];
    if (sorted.length) inside.push(quantile(sorted, log ? 0 : 1 - KEPT), quantile(sorted, log ? 1 : KEPT));
    if (span && !log) inside.push(...span);
    if (!log) inside.push(0);
    let low = Math.min(...inside), high = Math.max(...inside);
    if (!inside.length || !(high > low)) [low, high] = [low || 0, (low || 0) + 1];
    this.kind = log ? (low > 0 ? "log" : "arcsinh") : "linear";
    if (this.kind === "log") {
      const smallest = sorted.find((value) => value > 0) ?? low;
      low = Math.max(low, smallest / 10, high / 1e12);
      this.to = (v) => Math.log10(Math.max(v, 1e-300));
    } else if (this.kind === "arcsinh") {
      const sizes = sorted.map(Math.abs).sort();
      const unit = Math.max(quantile(sizes, 0.25) || 0, Math.max(high, -low) / 1e6) || 1;
      this.to = (v) => Math.asinh(v / unit);
      this.unit = unit;
    } else this.to = (v) => v;
    const room = (this.to(high) - this.to(low)) * 0.07;
    this.low = this.to(low) - (low < 0 || this.kind === "log" ? room : 0);
    this.high = this.to(high) + room;
    if (span && !log && span[1] >= high) this.high = this.to(high) + room * 0.35;
    const [least, most] = [sorted[0], sorted[sorted.length - 1]];
    this.cut = sorted.length && !log && (this.to(least) < this.low || this.to(most) > this.high) ? [least, most] : null;
  }
  share(value) {
    return Math.min(1.02, Math.max(-0.02, (this.to(value) - this.low) / (this.high - this.low)));
  }
  ticks() {
    if (this.kind === "linear") return ticks(this.low, this.high, 4);
    const found = [];
    if (this.kind === "log") {
      const decades = this.high - this.low;
      const stride = Math.ceil(decades / 5);
      for (let e = Math.floor(this.low); e <= Math.ceil(this.high); e++) {
        for (const m of decades < 1.3 ? [1, 2, 3, 5] : decades < 2.5 ? [1, 3] : [1]) if (m > 1 || e % stride === 0) found.push(m * 10 ** e);
      }
    } else {
      const largest = Math.sinh(Math.max(this.high, -this.low)) * this.unit;
      found.push(0);
      const top = Math.floor(Math.log10(largest)), bottom = Math.ceil(Math.log10(this.unit));
      const stride = Math.max(1, Math.ceil((top - bottom + 1) / 3));
      for (let e = top; e >= bottom; e -= stride) found.push(10 ** e, -(10 ** e));
    }
    return found.map((v) => +v.toPrecision(6)).filter((v) => this.to(v) >= this.low && this.to(v) <= this.high);
  }
}

class Chart {
  // `page` gives: story, first, last, number(finding), go(step), showFinding(i), say(step)
  constructor(definition, page) {
    this.definition = definition;
    this.page = page;
    this.log = definition.log;
    const { series, axes } = page.story.signals;
    this.lines = definition.lines.map((line) => {
      const data = series[line.signal], axis = axes[data.axis];
      return { ...line, ...data, anchor: page.story.anchors[line.signal] ?? {}, first: axis.first, last: axis.last, at: axis.first.map((a, i) => (a + axis.last[i]) / 2) };
    });
    const signals = new Set(definition.lines.map((line) => line.signal));
    this.findings = page.story.findings
      .map((finding, i) => ({ finding, i }))
      .filter(({ finding }) => definition.name === "losses" || (finding.evidence ?? []).some((e) => String(e.signal).split(/[\s,+/]+/).some((name) => signals.has(name))));
    this.height = definition.name === "losses" ? TALL : HEIGHT;
    this.values = this.lines.map((line) => {
      const number = h("b", {}, "–");
      return number;
    });
    this.legend = h("ul", { class: "legend" }, ...this.lines.map((line, i) =>
      h("li", { class: `hue-${line.hue}` }, h("i"), line.label, this.values[i])));
    this.svg = svg("svg", { role: "img", "aria-label": this.described() });
    this.foot = h("p", { class: "small faint" });
    this.element = h("figure", { class: "chart", id: `chart-${definition.name}` },
      h("div", { class: "top" }, h("h3", {}, definition.title)),
      h("p", { class: "about" }, definition.about), this.legend, this.svg, this.foot);
    const point = (event) => {
      const box = this.svg.getBoundingClientRect();
      page.go(this.step(event.clientX - box.left));
    };
    this.svg.addEventListener("pointerdown", (event) => {
      if (event.target.closest(".pin")) return;
      this.svg.setPointerCapture(event.pointerId);
      point(event);
    });
    this.svg.addEventListener("pointermove", (event) => event.buttons & 1 && this.svg.hasPointerCapture(event.pointerId) && point(event));
  }

  described() {
    const lines = this.lines.map((line) => `${line.label}, last ${digits(line.mean.findLast((v) => v !== null))}`);
    return `${this.definition.title}: ${lines.join("; ")}. ${this.findings.length} findings and ${this.page.story.treatments.length} treatments marked.`;
  }

  x(step) {
    const { first, last } = this.page;
    return LEFT + ((this.width - LEFT - RIGHT) * (step - first)) / (last - first || 1);
  }

  step(x) {
    const { first, last } = this.page;
    return first + ((last - first) * Math.min(1, Math.max(0, (x - LEFT) / (this.width - LEFT - RIGHT))));
  }

  y(value) {
    return this.height - BOTTOM - (this.height - TOP - BOTTOM) * this.scale.share(value);
  }

  draw(width, smoothing, log) {
    this.width = Math.max(240, width);
    const logarithmic = log === null ? this.log : log;
    const all = [], levels = [];
    for (const line of this.lines) {
      for (const values of line.low ? [line.low, line.high] : [line.mean]) for (const v of values) if (v !== null) all.push(v);
      if (line.anchor.equilibrium !== undefined) levels.push(line.anchor.equilibrium);
      if (line.anchor.band) levels.push(...line.anchor.band);
    }
    for (const mark of this.definition.marks) levels.push(mark.value);
    for (const line of this.lines) { // smooth lines are never cut, only the spikes around them
      const shown = smoothed(line.mean, smoothing || 1 / 50).filter((v) => v !== null);
      if (shown.length) levels.push(shown.reduce((a, b) => Math.min(a, b)), shown.reduce((a, b) => Math.max(a, b)));
    }
    this.scale = new Scale(all, logarithmic ? levels.filter((v) => v > 0) : levels, this.definition.span, logarithmic);
    const parts = [];
    parts.push(...this.frame());
    parts.push(...this.levels());
    for (const line of this.lines) parts.push(...this.trace(line, smoothing));
    parts.push(...this.pins());
    this.cursor = svg("g");
    this.svg.setAttribute("viewBox", `0 0 ${this.width} ${this.height}`);
    this.svg.setAttribute("height", this.height);
    this.svg.replaceChildren(...parts, this.cursor);
    this.caption();
    this.move(this.page.step);
  }

  caption() {
    const words = [];
    if (this.scale.cut) words.push(`Spikes are cut off; all values: ${digits(this.scale.cut[0])} to ${digits(this.scale.cut[1])}.`);
    if (this.scale.kind !== "linear") words.push(this.scale.kind === "log" ? "Logarithmic scale." : "Scale: inverse hyperbolic sine, logarithmic far from 0.");
    if (this.definition.name === "losses" && this.lines.some((line) => line.low)) words.push("Pale: lowest to highest of the records that share a pixel.");
    if (this.lines.some((line) => line.bad)) words.push("Red crosses: infinite, or not a number.");
    const sources = [...new Set(this.lines.map((line) => line.anchor.source).filter(Boolean))];
    if (sources.length) words.push(`Healthy band: ${sources[0]}.`);
    this.foot.textContent = words.join(" ");
  }

  frame() {
    const parts = [];
    for (const value of this.scale.ticks()) {
      const y = this.y(value);
      parts.push(svg("line", { class: value === 0 ? "zero" : "grid", x1: LEFT, x2: this.width - RIGHT, y1: y, y2: y }));
      parts.push(svg("text", { x: LEFT - 8, y: y + 4, "text-anchor": "end" }, label(value)));
    }
    const { first, last } = this.page;
    for (const value of last > first ? ticks(first, last, this.width < 460 ? 3 : 6) : [first]) {
      const x = this.x(value);
      parts.push(svg("text", { x, y: this.height - 5, "text-anchor": x > this.width - 30 ? "end" : x < LEFT + 12 ? "start" : "middle" }, label(value)));
    }
    parts.push(svg("text", { x: LEFT - 8, y: this.height - 5, "text-anchor": "end" }, "step"));
    return parts;
  }

  levels() {
    const parts = [], words = [];
    const left = LEFT, right = this.width - RIGHT;
    for (const line of this.lines) {
      const { band } = line.anchor;
      if (band) {
        const top = this.y(band[1]), bottom = this.y(band[0]);
        parts.push(svg("rect", { class: `band hue-${line.hue}`, x: left, width: right - left, y: top, height: Math.max(1, bottom - top) }));
      }
    }
    const seen = [];
    const level = (value, hue, text) => {
      const y = this.y(value);
      if (seen.includes(value)) return;
      seen.push(value);
      parts.push(svg("line", { class: `level hue-${hue}`, x1: left, x2: right, y1: y, y2: y }));
      words.push({ y, hue, text });
    };
    const equilibria = this.lines.filter((line) => line.anchor.equilibrium !== undefined);
    const same = new Set(equilibria.map((line) => line.anchor.equilibrium)).size === 1;
    for (const line of equilibria) level(line.anchor.equilibrium, same ? "none" : line.hue, `${same ? "equilibrium" : `${line.label} at equilibrium`} ${digits(line.anchor.equilibrium)}`);
    for (const mark of this.definition.marks) level(mark.value, "none", mark.label);
    let before = null;
    for (const word of words.sort((a, b) => b.y - a.y)) { // those too near to each other stand side by side
      word.x = left + 6;
      if (before && before.y - word.y < 15) {
        const beside = before.x + before.text.length * 6.3 + 18;
        if (beside + word.text.length * 6.3 < right) word.x = beside;
        else before.below = true;
      }
      before = word;
    }
    this.words = words.map(({ x, y, hue, text, below }) => svg("text", { class: `word hue-${hue}`, x, y: below || y - 5 < TOP + 6 ? y + 13 : y - 5 }, text));
    return parts;
  }

  trace(line, smoothing) {
    const parts = [], mean = smoothed(line.mean, smoothing);
    if (line.low) parts.push(svg("path", { class: `haze hue-${line.hue}`, d: this.area(line) }));
    else if (mean !== line.mean) parts.push(svg("path", { class: `raw hue-${line.hue}`, d: this.path(line.at, line.mean) }));
    parts.push(svg("path", { class: `mean hue-${line.hue}`, d: this.path(line.at, mean) }));
    if (line.mean.length === 1 && line.mean[0] !== null) parts.push(svg("circle", { class: `spot hue-${line.hue}`, r: 4, cx: this.x(line.at[0]), cy: this.y(line.mean[0]) }));
    for (const i of line.bad ?? []) {
      const x = this.x(line.at[i]), y = this.height - BOTTOM;
      parts.push(svg("path", { class: "cross", d: `M${x - 4} ${y - 4}l8 8m0-8l-8 8` }));
    }
    return parts;
  }

  path(at, values) {
    let text = "", pen = "M";
    for (let i = 0; i < values.length; i++) {
      if (values[i] === null) pen = "M";
      else {
        text += `${pen}${this.x(at[i]).toFixed(1)} ${this.y(values[i]).toFixed(1)}`;
        if (pen === "M" && (values[i + 1] ?? null) === null) text += "h.5";
        pen = "L";
      }
    }
    return text;
  }

  area(line) {
    let text = "", i = 0;
    while (i < line.mean.length) {
      if (line.mean[i] === null) { i++; continue; }
      let end = i;
      while (end < line.mean.length && line.mean[end] !== null) end++;
      const point = (j, values) => `${this.x(line.at[j]).toFixed(1)} ${this.y(values[j]).toFixed(1)}`;
      const there = [], back = [];
      for (let j = i; j < end; j++) { there.push(point(j, line.high)); back.push(point(j, line.low)); }
      text += `M${there.join("L")}L${back.reverse().join("L")}Z`;
      i = end;
    }
    return text;
  }

  pins() {
    const parts = [...(this.words ?? [])];
    const marks = [
      ...this.findings.map(({ finding, i }) => ({ from: finding.since, to: finding.cleared, tone: finding.passed ? "passed" : finding.severity, sign: String(i + 1), title: `${finding.title}, since step ${digits(finding.since)}`, show: () => this.page.showFinding(i) })),
      ...this.page.story.treatments.map((one, i) => ({ from: one.step, to: one.ended, tone: TONES[one.outcome], deed: true, sign: one.label, title: `${one.title}, at step ${digits(one.step)}: ${one.outcome}`, show: () => this.page.showTreatment(i) })),
    ];
    let free = -Infinity;
    for (const mark of marks.sort((a, b) => a.from - b.from)) {
      const x = this.x(Math.max(this.page.first, mark.from)), end = this.x(mark.to ?? this.page.last);
      const at = Math.max(x, free + 19), middle = Math.min(at, this.width - 9), bottom = this.height - BOTTOM;
      free = at;
      if (mark.deed) parts.unshift(svg("rect", { class: `trial ${mark.tone}`, x, y: TOP, width: Math.max(1, end - x), height: bottom - TOP }));
      parts.push(svg("line", { class: `since ${mark.tone}`, x1: x, x2: x, y1: TOP - 6, y2: bottom }));
      parts.push(svg("rect", { class: `span ${mark.tone}`, x, y: mark.deed ? bottom : TOP - 3, width: Math.max(1, end - x), height: 2 }));
      const shape = mark.deed ? svg("rect", { x: middle - 8.5, y: 0.5, width: 17, height: 17, rx: 3 }) : svg("circle", { cx: middle, cy: 9, r: 8.5 });
      const pin = svg("g", { class: `pin ${mark.tone}${mark.deed ? " deed" : ""}` }, svg("title", {}, mark.title), shape, svg("text", { x: middle, y: 12.8 }, mark.sign));
      pin.addEventListener("click", mark.show);
      parts.push(pin);
    }
    return parts;
  }

  // The place whose records hold `step`, or come last before it.
  place(line, step) {
    let low = 0, high = line.first.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (line.first[middle] <= step) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  move(step) {
    if (!this.scale) return;
    const x = this.x(step);
    const parts = [svg("line", { class: "cursor", x1: x, x2: x, y1: TOP, y2: this.height - BOTTOM })];
    this.lines.forEach((line, i) => {
      const at = this.place(line, step), value = line.first[at] > step ? null : line.mean[at];
      this.values[i].textContent = line.bad?.includes(at) && value === null ? "not finite" : digits(value);
      if (value !== null) parts.push(svg("circle", { class: `spot hue-${line.hue}`, r: 4, cx: x, cy: this.y(value) }));
    });
    this.cursor.replaceChildren(...parts);
  }
}
