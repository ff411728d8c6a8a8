// The page: words first, then one moment in time that the curves and the sample grid share.

function h(tag, attributes = {}, ...children) { // text is always text: nothing in a story becomes markup
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return element;
}

const whole = (value) => (typeof value === "number" ? Math.round(value).toLocaleString("en") : String(value));
const many = (n, one) => `${whole(n)} ${one}${n === 1 ? "" : "s"}`;
const SHOWN = 3; // remedies of a finding; the others on request (the style sheet counts on from here)
const last = (list) => list[list.length - 1];
const MEASURED = { // signals that a treatment is told with, in words
  d_loss: "D loss", g_loss: "G loss", d_real: "D's belief in reals", d_fake_before: "D's belief in fakes", accuracy_real: "D right about reals",
  accuracy_fake: "D right about fakes", coverage: "reals that G covers", diversity_encoder: "variety of the fakes",
};
const TONES = { kept: "kept", undone: "undone", "on trial": "trying" };

function duration(seconds) {
  if (seconds < 90) return `${Math.round(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 90 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, "0")} min`;
}

const plain = (value) => value === null || typeof value !== "object";
const text = (value) => (!plain(value) ? JSON.stringify(value) : typeof value === "number" ? digits(value) : String(value ?? "–").replaceAll("_", " "));

class Page {
  constructor(story) {
    this.story = story;
    const { axes } = story.signals;
    this.first = Math.min(...axes.map((axis) => axis.first[0]).filter(Number.isFinite), Infinity);
    this.last = Math.max(...axes.map((axis) => last(axis.last)).filter(Number.isFinite), -Infinity);
    if (!(this.last >= this.first)) [this.first, this.last] = [0, 1];
    this.step = this.last;
    this.moments = story.grids.moments;
    this.kinds = [...new Set(this.moments.flatMap((moment) => Object.keys(moment.pictures)))].sort();
    this.kind = this.kinds.includes("ema") ? "ema" : this.kinds[0];
    this.smoothing = 1 / 50;
    this.log = null; // as each chart begins
    this.charts = story.charts.map((definition) => new Chart(definition, this));
  }

  // ------------------------------------------------------------------------------------------------ numbers

  at(signal, step) {
    const data = this.story.signals.series[signal];
    if (!data) return null;
    const { first } = this.story.signals.axes[data.axis];
    let i = first.findLastIndex((begin) => begin <= step);
    while (i >= 0 && data.mean[i] === null) i--;
    return i < 0 ? null : data.mean[i];
  }

  epoch(step) {
    const epoch = this.at("epoch", step);
    return epoch === null ? null : epoch;
  }

  when(step) {
    const epoch = this.epoch(step);
    return `step ${whole(step)}` + (epoch === null ? "" : `, epoch ${+epoch.toFixed(epoch < 10 ? 1 : 0)}`);
  }

  // The mean over the last fiftieth of the records, which is what the smooth line ends at.
  end(signal) {
    const data = this.story.signals.series[signal];
    const values = data ? data.mean.filter((v) => v !== null) : [];
    if (!values.length) return null;
    const newest = values.slice(-Math.max(1, Math.round(values.length / 50)));
    return newest.reduce((a, b) => a + b) / newest.length;
  }

  // -------------------------------------------------------------------------------------------------- parts

  build() {
    const parts = [this.head(), h("main", {}, this.verdict(), this.findings(), this.treatments(), this.moment(), this.equilibrium(), this.checklist(), this.evaluations(), this.made()), this.foot()];
    document.getElementById("page").replaceChildren(...parts);
    this.redraw();
    this.go(this.last, true);
    new ResizeObserver(() => this.redraw()).observe(this.chartsHome);
    document.addEventListener("keydown", (event) => this.key(event));
    window.addEventListener("beforeprint", () => document.querySelectorAll("details").forEach((one) => { one.open = true; }));
  }

  head() {
    const { story } = this, { facts, data } = story;
    const words = [
      facts.objective && `objective ${facts.objective.replaceAll("_", " ")}` + (facts.certainty < 1 ? ` (inferred, ${Math.round(100 * facts.certainty)} % sure)` : ""),
      facts.source !== "run" && facts.convention && `D loss written as ${facts.convention}`,
      data.name && `data ${data.name}`,
      typeof data.length === "number" && `${whole(data.length)} samples`,
      Array.isArray(data.shape) && data.shape.join(" × "),
      story.environment.date && String(story.environment.date).slice(0, 10),
    ].filter(Boolean);
    const themes = ["light dark", "light", "dark"], names = ["as the system", "light", "dark"];
    let theme = 0;
    const button = h("button", { type: "button", onclick: () => {
      theme = (theme + 1) % 3;
      document.documentElement.style.colorScheme = themes[theme];
      button.textContent = `Colours: ${names[theme]}`;
    } }, "Colours: as the system");
    return h("header", { class: "head" }, h("span", { class: "mark" }, "equipoise"), h("h1", {}, story.name), h("span", { class: "about" }, words.join(" · ")), button);
  }

  verdict() {
    const { verdict, notes } = this.story;
    const unfinished = this.story.planned && this.story.last_step < this.story.planned;
    return h("div", { class: `verdict ${verdict.tone}`, id: "verdict" },
      h("p", { class: "label" }, unfinished ? `Verdict so far, at step ${whole(this.story.last_step)} of ${whole(this.story.planned)}` : "Verdict"),
      h("h2", {}, verdict.title), h("p", { class: "words" }, verdict.words),
      h("ul", { class: "reasons" }, verdict.reasons.map((reason) => h("li", {}, reason))),
      this.tiles(),
      notes.length ? h("ul", { class: "notes small soft" }, notes.map((note) => h("li", {}, `Note: ${note}.`.replace("..", ".")))) : null);
  }

  tiles() {
    const tile = (name, value, under) => h("div", {}, h("dt", {}, name), h("dd", {}, value, h("small", {}, under)));
    const beside = (signal) => {
      const at = this.story.anchors[signal]?.equilibrium;
      return at === undefined ? "no fixed value at equilibrium" : `${digits(at)} at equilibrium`;
    };
    const found = [];
    for (const [signal, name] of [["d_loss", "D loss"], ["g_loss", "G loss"]]) if (this.end(signal) !== null) found.push(tile(`${name}, at the end`, digits(this.end(signal)), beside(signal)));
    if (this.end("d_real") !== null && this.end("d_fake_before") !== null) found.push(tile("D believes reals, fakes", `${this.end("d_real").toFixed(2)}, ${this.end("d_fake_before").toFixed(2)}`, this.story.anchors.d_real ? `both ${this.story.anchors.d_real.equilibrium.toFixed(2)} at equilibrium` : "mean of the sigmoid"));
    const distances = this.story.evaluations.filter((e) => typeof e.sliced_wasserstein === "number");
    if (distances.length) {
      const best = distances.reduce((a, b) => (b.sliced_wasserstein < a.sliced_wasserstein ? b : a));
      found.push(tile("Distance to the data", digits(last(distances).sliced_wasserstein), `best ${digits(best.sliced_wasserstein)} at step ${whole(best.step)}`));
    }
    const epoch = this.epoch(this.last), seconds = this.at("seconds", this.last);
    const length = [epoch !== null && many(+epoch.toFixed(1), "epoch"), seconds !== null && duration(seconds)].filter(Boolean).join(", ");
    found.push(tile("Length", `${whole(this.story.last_step)} steps`, length || `${many(this.story.records, "record")}`));
    return h("dl", { class: "tiles" }, found);
  }

  findings() {
    const { findings, not_assessed: silent, replayed } = this.story;
    this.cards = findings.map((finding, i) => this.card(finding, i));
    const standing = findings.filter((finding) => !finding.passed).length;
    const lead = !findings.length ? "None of the known failures was found." : [
      standing ? `${many(standing, "finding")} at the end of the run` : "Nothing at the end of the run",
      findings.length > standing ? `, ${whole(findings.length - standing)} before that passed` : "",
      findings.length > 1 ? "; causes stand before what they caused" : "", ". The numbers mark them on the curves."].join("");
    return h("section", { id: "findings" }, h("h2", {}, "What was found"), h("p", { class: "lead" }, lead, replayed && findings.length ? " The run wrote no findings down: its signals were judged again for this page." : ""),
      this.cards.length ? h("div", { class: "findings" }, this.cards) : null,
      silent.length ? h("details", { class: "small soft", id: "silent" }, h("summary", {}, `${many(silent.length, "failure")} could not be looked for`),
        h("table", { class: "table" }, h("tbody", {}, silent.map((one) => h("tr", {}, h("td", {}, one.title), h("td", { class: "soft" }, one.needs)))))) : null);
  }

  card(finding, i) {
    const tone = finding.passed ? "passed" : finding.severity;
    const grid = this.momentAt(finding.raised ?? finding.since, true);
    const jump = this.jump(finding.raised ?? finding.since, grid ? "show this moment and its samples" : undefined);
    const evidence = (finding.evidence ?? []).map((one) => h("li", {},
      h("span", { class: "number" }, `${one.signal}: ${digits(one.value)} ${one.sign} ${digits(one.threshold)}`),
      h("span", {}, one.words, " ", h("span", { class: "faint" }, `Threshold: ${one.source}. Steps ${whole(one.window?.[0])} to ${whole(one.window?.[1])}.`))));
    const remedies = (finding.remedies ?? []).map((one) => h("li", {}, h("div", {}, one.title ?? String(one)),
      one.standing ? h("div", { class: "small soft" }, one.standing) : null,
      one.setting ? this.copyable(one.setting, "setting of equipoise train") : null,
      one.code ? h("details", { class: "small" }, h("summary", {}, "for a training loop of your own"), this.copyable(one.code, "code")) : null));
    return h("article", { class: `finding ${tone}`, id: `finding-${i + 1}` },
      h("header", {}, h("span", { class: "flag" }, String(i + 1)), h("h3", {}, finding.title), h("span", { class: "chip" }, this.fate(finding)),
        h("span", { class: "small faint" }, `${Math.round(100 * (finding.confidence ?? 0))} % sure · ${finding.axis}`)),
      h("p", { class: "when" }, `Since ${this.when(finding.since)}` + (finding.cleared ? `, until ${this.when(finding.cleared)}` : ""), jump,
        finding.caused_by ? h("span", {}, `explained by: ${finding.caused_by_title}`) : null),
      h("p", { class: "words" }, finding.words),
      evidence.length ? [h("h4", {}, "Evidence"), h("ul", { class: "evidence" }, evidence)] : null,
      remedies.length ? [h("h4", {}, "What helps, best first"), h("ol", { class: "remedies" }, remedies.slice(0, SHOWN)),
        remedies.length > SHOWN ? h("details", { class: "small" }, h("summary", {}, `${remedies.length - SHOWN} more`), h("ol", { class: "remedies more" }, remedies.slice(SHOWN))) : null] : null);
  }

  // What became of a finding.
  fate(finding) {
    if (!finding.passed) return finding.severity;
    const by = this.story.treatments.find((one) => one.label === finding.ended_by);
    if (by) return by.step === finding.cleared ? `treated: ${by.label}` : `until ${by.label} was undone`;
    return finding.cleared ? "passed" : "not seen in the run as a whole";
  }

  treatments() {
    const { treatments, remarks } = this.story;
    this.treated = treatments.map((one) => this.treatment(one));
    if (!treatments.length && !remarks.length) return null;
    const counted = ["kept", "undone", "on trial"].map((outcome) => [treatments.filter((one) => one.outcome === outcome).length, outcome]).filter(([n]) => n);
    const lead = treatments.length ? `${many(treatments.length, "treatment")} while it trained: ${counted.map(([n, outcome]) => `${whole(n)} ${outcome}`).join(", ")}. The letters mark them on the curves, each with its trial.` : "Nothing was changed.";
    return h("section", { id: "treatments" }, h("h2", {}, "What was done about it"), h("p", { class: "lead" }, lead),
      h("div", { class: "findings" }, this.treated, remarks.map((one) => h("article", { class: `finding remark ${one.action === "stop" ? "fatal" : "note"}` },
        h("header", {}, h("h3", {}, one.action === "stop" ? "It was given up" : "Nothing here treats this"), h("span", { class: "small faint" }, one.finding_title)),
        h("p", { class: "when" }, `At ${this.when(one.step)}`, this.jump(one.step)), h("p", { class: "words" }, one.words)))));
  }

  treatment(one) {
    const cause = one.number === null ? h("span", {}, `for: ${one.finding_title}`) : h("button", { type: "button", class: "link", onclick: () => this.showFinding(one.number - 1) }, `for finding ${one.number}: ${one.finding_title}`);
    const trial = one.ended === null ? `on trial until step ${whole(one.until)}` : `tried until step ${whole(one.ended)}`;
    const changed = [...one.settings.map((setting) => h("tr", {}, h("td", {}, h("code", {}, setting.name)), h("td", { class: "soft" }, setting.before), h("td", {}, setting.after))),
      ...one.also.map((words) => h("tr", {}, h("td", { colspan: 3 }, words)))];
    const measured = one.numbers.map(({ signal, before, after }) => h("tr", {}, h("td", {}, MEASURED[signal] ?? signal), h("td", { class: "n soft" }, digits(before)), h("td", { class: "n" }, digits(after))));
    const table = (heads, rows) => h("table", { class: "table" }, h("thead", {}, h("tr", {}, heads.map((head) => h("th", {}, head)))), h("tbody", {}, rows));
    const grids = [["before", one.grid_before], [one.outcome === "on trial" ? "now" : "at its end", one.grid_after]].map(([name, step]) => this.grid(name, step)).filter(Boolean);
    return h("article", { class: `finding treatment ${TONES[one.outcome]}`, id: `treatment-${one.label}` },
      h("header", {}, h("span", { class: "flag square" }, one.label), h("h3", {}, one.title), h("span", { class: "chip" }, one.outcome), h("span", { class: "small faint" }, one.remedy)),
      h("p", { class: "when" }, `At ${this.when(one.step)}, ${trial}`, this.jump(one.step), cause),
      one.words ? h("p", { class: "words" }, `The autopilot ${one.words}.`) : null,
      h("div", { class: "deed" },
        changed.length ? h("div", {}, h("h4", {}, "What changed"), table(["", "before", "with it"], changed)) : null,
        measured.length ? h("div", {}, h("h4", {}, "What came of it"), table(["", "before", one.ended === null ? "" : "at its end"], measured)) : null,
        grids.length ? h("div", {}, h("h4", {}, "Samples"), h("div", { class: "pair" }, grids)) : null),
      one.outcome === "kept" && one.recipe ? [h("h4", {}, "The same from the start, for the next run"), this.copyable(one.recipe, "setting of equipoise train")] : null);
  }

  grid(name, step) {
    const moment = this.moments.find((one) => one.step === step);
    if (!moment) return null;
    const button = h("button", { type: "button", title: "Show this moment", onclick: () => { this.go(step); this.home.scrollIntoView(); } },
      h("img", { src: moment.pictures[this.kind] ?? Object.values(moment.pictures)[0], alt: `Samples ${name}, at ${this.when(step)}` }));
    return h("figure", {}, button, h("figcaption", {}, `${name}: step ${whole(step)}`));
  }

  jump(step, words = "show this moment") {
    return h("button", { type: "button", class: "link", onclick: () => { this.go(Math.max(step, this.first)); this.home.scrollIntoView(); } }, words);
  }

  copyable(text, what) {
    const pre = h("pre", { tabindex: "0" }, h("code", {}, text));
    const button = h("button", { type: "button", "aria-label": `Copy this ${what}`, onclick: async () => {
      try { await navigator.clipboard.writeText(text); } catch {
        getSelection().selectAllChildren(pre);
        document.execCommand("copy");
        getSelection().removeAllRanges();
      }
      button.textContent = "Copied";
      this.say("Copied");
      setTimeout(() => { button.textContent = "Copy"; }, 1600);
    } }, "Copy");
    return h("div", { class: "copyable" }, pre, button);
  }

  // ------------------------------------------------------------------------------------------------- the moment

  moment() {
    this.chartsHome = h("div", { class: "charts" }, this.charts.map((chart) => chart.element));
    this.home = h("section", { id: "moment" }, h("h2", {}, "The run over time"),
      h("p", { class: "lead" }, "One moment for everything: drag on a curve or on the line below, or use ", h("kbd", {}, "←"), " ", h("kbd", {}, "→"),
        this.moments.length ? [", with ", h("kbd", {}, "Shift"), " from one grid of samples to the next."] : "."),
      this.timeline(), h("div", { class: `both ${this.moments.length || this.story.grids.real ? "pictured" : ""}` }, this.samples(), this.chartsHome));
    return this.home;
  }

  timeline() {
    this.now = h("output", { class: "now" });
    this.slider = h("input", { type: "range", min: this.first, max: this.last, step: "any", "aria-label": "Moment of the run", oninput: () => this.go(+this.slider.value) });
    const share = (step) => (step - this.first) / (this.last - this.first || 1);
    const place = (element, step) => { // as the slider's thumb stands: 8 pixels from the ends
      element.style.left = `calc(8px + ${share(Math.min(this.last, Math.max(this.first, step)))} * (100% - 16px))`;
      return element;
    };
    const dots = this.moments.map((moment) => place(h("span", { class: "dot" }), moment.step));
    const flags = this.story.findings.map((finding, i) => place(h("button", { type: "button", class: `flag ${finding.passed ? "passed" : finding.severity}`, title: finding.title, "aria-label": `Finding ${i + 1}: ${finding.title}, ${this.when(finding.since)}`, onclick: () => this.go(Math.max(finding.since, this.first)) }, String(i + 1)), finding.since));
    const deeds = this.story.treatments.map((one) => place(h("button", { type: "button", class: `flag square ${TONES[one.outcome]}`, title: `${one.title} (${one.outcome})`, "aria-label": `Treatment ${one.label}: ${one.title}, ${one.outcome}, ${this.when(one.step)}`, onclick: () => this.go(Math.max(one.step, this.first)) }, one.label), one.step));
    const step = (label, title, go) => h("button", { type: "button", class: "plain", title, "aria-label": title, onclick: go }, label);
    const smoothing = h("select", { onchange: () => { this.smoothing = +smoothing.value; this.redraw(); } },
      [["0", "none"], ["0.02", "light"], ["0.06", "strong"]].map(([value, name]) => h("option", { value, selected: value === "0.02" }, name)));
    const log = h("input", { type: "checkbox", id: "log", onchange: () => { this.log = log.checked; this.redraw(); } });
    return h("div", { class: "time" },
      h("div", { class: "row" },
        this.moments.length ? [step("‹ grid", "To the grid before", () => this.hop(-1)), step("grid ›", "To the next grid", () => this.hop(1))] : null, this.now,
        h("div", { class: "tools" }, h("label", {}, "smoothing", smoothing), h("label", {}, log, "log scale"))),
      h("div", { class: "line" }, dots, this.slider, flags, deeds));
  }

  samples() {
    const { grids } = this.story;
    if (!this.moments.length && !grids.real) return null;
    const names = { ema: "averaged G", raw: "G as it is", real: "reals" };
    this.picture = h("img", { class: "big", alt: "" });
    this.caption = h("figcaption");
    const kinds = [...this.kinds, ...(grids.real ? ["real"] : [])];
    if (!this.kind) this.kind = "real";
    this.switch = kinds.map((kind) => h("button", { type: "button", "data-kind": kind, onclick: () => this.choose(kind) }, names[kind] ?? kind));
    this.strip = this.moments.map((moment) => h("button", { type: "button", tabindex: "-1", title: this.when(moment.step), "aria-label": `Grid of ${this.when(moment.step)}`, onclick: () => this.go(moment.step) },
      h("img", { alt: "", loading: "lazy" })));
    const left = grids.of - this.moments.length;
    return h("figure", { class: "samples paper" },
      h("div", { class: "bar" }, h("h3", {}, "Samples"), h("div", { class: "switch", role: "group", "aria-label": "Which samples" }, this.switch)),
      this.picture, this.caption, h("div", { class: "strip" }, this.strip),
      left > 0 ? h("p", { class: "small faint" }, `${this.moments.length} of ${grids.of} grids are in this file: evenly chosen, and those nearest to findings. The others are in the run's folder samples/.`) : null);
  }

  choose(kind) {
    this.kind = kind;
    this.show();
  }

  momentAt(step, nearest = false) {
    if (!this.moments.length) return null;
    if (nearest) return this.moments.reduce((a, b) => (Math.abs(b.step - step) < Math.abs(a.step - step) ? b : a));
    return this.moments.findLast((moment) => moment.step <= step + 0.5) ?? this.moments[0];
  }

  show() {
    if (!this.picture) return;
    const moment = this.momentAt(this.step), real = this.kind === "real" || !moment;
    const source = real ? this.story.grids.real : moment.pictures[this.kind] ?? Object.values(moment.pictures)[0];
    if (this.picture.getAttribute("src") !== source) this.picture.setAttribute("src", source);
    const which = { ema: "the running average of G", raw: "G as it is" }[this.kind] ?? "G";
    let words = "Reals from the training data, for comparison.";
    if (!real) {
      const away = this.step - moment.step;
      const behind = Math.abs(away) < 0.5 ? "" : away > 0 ? `; ${whole(away)} steps before the cursor` : "; the first grid, later than the cursor";
      words = `Made by ${which} at ${this.when(moment.step)}${behind}. The noise is the same in every grid.`;
    }
    this.caption.textContent = words;
    this.picture.alt = real ? "Real samples from the training data" : `Samples made by ${which} at ${this.when(moment.step)}`;
    for (const button of this.switch) button.setAttribute("aria-pressed", String(button.dataset.kind === (real ? "real" : this.kind)));
    this.strip.forEach((button, i) => {
      const image = button.firstChild, pictures = this.moments[i].pictures, wanted = pictures[this.kind] ?? Object.values(pictures)[0];
      if (image.getAttribute("src") !== wanted) image.setAttribute("src", wanted);
      const current = this.moments[i] === moment;
      if (current !== (button.getAttribute("aria-current") === "true")) {
        button.setAttribute("aria-current", String(current));
        if (current) button.parentElement.scrollTo({ left: button.offsetLeft - button.parentElement.offsetLeft - button.parentElement.clientWidth / 2 + 27 });
      }
    });
  }

  go(step, quiet = false) {
    this.step = Math.min(this.last, Math.max(this.first, step));
    this.slider.value = this.step;
    this.slider.setAttribute("aria-valuetext", this.when(this.step));
    const epoch = this.epoch(this.step);
    this.now.replaceChildren(`step ${whole(this.step)}`, epoch === null ? "" : h("span", {}, ` epoch ${epoch.toFixed(1)}`));
    for (const chart of this.charts) chart.move(this.step);
    this.show();
    if (!quiet) document.body.dataset.step = Math.round(this.step);
  }

  hop(direction) {
    const steps = this.moments.map((moment) => moment.step);
    const next = direction > 0 ? steps.find((step) => step > this.step + 0.5) : steps.findLast((step) => step < this.step - 0.5);
    if (next !== undefined) this.go(next);
    this.say(`Grid of ${this.when(this.momentAt(this.step).step)}`);
  }

  showFinding(i) {
    this.light(this.cards[i], this.story.findings[i].since);
  }

  showTreatment(i) {
    this.light(this.treated[i], this.story.treatments[i].step);
  }

  light(card, step) {
    this.go(Math.max(step, this.first));
    for (const other of [...this.cards, ...this.treated]) other.classList.toggle("lit", other === card);
    card.scrollIntoView({ block: "center" });
    card.setAttribute("tabindex", "-1");
    card.focus({ preventScroll: true });
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || /^(SELECT|TEXTAREA)$/.test(event.target.tagName)) return;
    const scrolls = event.target.closest?.("pre"); // arrows are its own
    const direction = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (direction && !scrolls) event.shiftKey && this.moments.length ? this.hop(direction) : this.go(this.neighbour(direction));
    else if (event.target === this.slider && event.key === "Home") this.go(this.first);
    else if (event.target === this.slider && event.key === "End") this.go(this.last);
    else return;
    event.preventDefault();
  }

  // A record further, in long runs a hundredth of the run.
  neighbour(direction) {
    const { axes } = this.story.signals;
    if (!axes.length) return this.step;
    const longest = axes.reduce((a, b) => (b.last.length > a.last.length ? b : a)).last;
    const here = longest.findIndex((step) => step >= this.step - 0.5);
    const place = (here < 0 ? longest.length - 1 : here) + direction * Math.max(1, Math.round(longest.length / 100));
    return longest[Math.min(longest.length - 1, Math.max(0, place))];
  }

  redraw() {
    for (const chart of this.charts) {
      const style = getComputedStyle(chart.element);
      chart.draw(chart.element.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight), this.smoothing, this.log);
    }
  }

  say(text) {
    document.getElementById("said").textContent = text;
  }

  // ------------------------------------------------------------------------------------------------- the rest

  equilibrium() {
    const found = this.story.equilibrium;
    if (!found) return null;
    const indicators = Array.isArray(found.indicators) ? found.indicators : Object.entries(found.indicators ?? {}).map(([name, value]) => (plain(value) ? { name, value } : { name, ...value }));
    const row = (one) => h("tr", {}, h("td", {}, text(one.title ?? one.name)), h("td", { class: "n" }, text(one.value), one.low === undefined || one.low === null ? "" : ` [${text(one.low)}, ${text(one.high)}]`),
      h("td", { class: "n" }, text(one.expected ?? "")), h("td", { class: "soft" }, [one.standing, one.words].filter(Boolean).map(text).join(": ")));
    return h("section", { id: "equilibrium" }, h("h2", {}, "Has it converged, and to what?"),
      h("div", { class: "paper" }, h("h3", {}, text(found.answer ?? "no answer") + (plain(found.step) && found.step !== undefined ? `, at step ${whole(found.step)}` : "")),
        h("ul", { class: "notes soft" }, [found.reasons ?? []].flat().map((reason) => h("li", {}, text(reason)))),
        found.local_nash ? h("p", { class: "small soft" }, `Local Nash equilibrium: ${text(found.local_nash)} (${text(found.local_nash_words ?? "")})`) : null,
        indicators.length ? h("div", { class: "wide" }, h("table", { class: "table" }, h("thead", {}, h("tr", {}, ["indicator", "value", "expected", "what it is worth"].map((name) => h("th", {}, name)))), h("tbody", {}, indicators.map(row)))) : null));
  }

  checklist() {
    const mark = { true: ["✓", "yes", "met"], false: ["✗", "no", "not met"], null: ["–", "open", "not assessed"] };
    return h("section", { id: "checklist" }, h("h2", {}, "The tutorials' checklist"),
      h("p", { class: "lead" }, "What people are told to check after training, with the numbers of this run. None of these lines decides anything: beside each stands what it proves."),
      h("ul", { class: "checks paper" }, this.story.checklist.map((check) => {
        const [sign, tone, words] = mark[String(check.met)];
        return h("li", {}, h("span", { class: `tick ${tone}`, role: "img", "aria-label": words }, sign), h("span", {}, check.claim), h("span", { class: "measured" }, check.measured), h("span", { class: "small soft" }, check.standing));
      })));
  }

  evaluations() {
    const rows = this.story.evaluations;
    if (!rows.length) return null;
    const keys = [...new Set(rows.flatMap((row) => Object.keys(row)))];
    return h("section", { id: "evaluations" }, h("details", {}, h("summary", {}, h("span", {}, `What was measured at ${many(rows.length, "checkpoint")}`)),
      h("div", { class: "paper" }, h("table", { class: "table" }, h("thead", {}, h("tr", {}, keys.map((key) => h("th", {}, key.replaceAll("_", " "))))),
        h("tbody", {}, rows.map((row) => h("tr", {}, keys.map((key) => h("td", { class: "n" }, key === "step" ? whole(row[key]) : digits(row[key]))))))))));
  }

  made() {
    const { recipe, environment, data } = this.story;
    const rows = (found) => h("table", { class: "table" }, h("tbody", {}, Object.entries(found).map(([name, value]) => h("tr", {}, h("td", { class: "faint" }, name), h("td", {}, value !== null && typeof value === "object" ? h("code", {}, JSON.stringify(value)) : String(value))))));
    const parts = [];
    if (recipe) parts.push(h("div", { class: "paper" }, h("h3", {}, "Recipe"), this.copyable(recipe.trimEnd(), "recipe")));
    const side = [];
    if (Object.keys(data).length) side.push(h("details", {}, h("summary", {}, "Data"), rows(data)));
    if (Object.keys(environment).length) side.push(h("details", {}, h("summary", {}, "Machine and versions"), rows(environment)));
    if (side.length) parts.push(h("div", { class: "paper" }, h("h3", {}, "Where it was made"), side));
    return parts.length ? h("section", { id: "made" }, h("h2", {}, "How it was made"), h("div", { class: "two" }, parts)) : null;
  }

  foot() {
    const { story } = this;
    return h("footer", {}, `Written by equipoise ${story.equipoise} on ${String(story.made).replace("T", ", ")} from ${many(story.records, "record")}. This file holds all that it shows and asks nothing of the network.`);
  }
}

new Page(JSON.parse(document.getElementById("story").textContent)).build();
