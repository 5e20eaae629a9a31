// Charts read their numbers from the table in the same card, so that chart, table and file say one thing.

const token = (name) => {
  const probe = document.createElement("span");
  probe.style.color = `var(--l-${name})`;
  document.body.append(probe);
  const color = getComputedStyle(probe).color;
  probe.remove();
  return color;
};
const faint = (color, alpha) => color.replace(/^rgb\(/, "rgba(").replace(/\)$/, `, ${alpha})`);
const listed = (said) => (said ?? "").split(" ").filter(Boolean);
const NARROW = 420;
const DASHES = ["solid", [8, 4], [2, 3], [10, 3, 2, 3]];
const language = document.documentElement.lang || "en";

// the table by the keys of its columns: the text that people read and the number behind it
const read = (table) => {
  const columns = [...table.tHead.rows[0].cells].map((cell) => ({
    key: cell.dataset.key, head: cell.textContent.trim(), kind: cell.dataset.kind,
  }));
  const lines = [...table.tBodies[0].rows].map((row) => [...row.cells].map((cell) => ({
    text: cell.textContent.trim(),
    value: cell.dataset.value === undefined || cell.dataset.value === "" ? null : Number(cell.dataset.value),
  })));
  const at = Object.fromEntries(columns.map((column, index) => [column.key, index]));
  return {
    columns, lines,
    column: (key) => columns[at[key]],
    values: (key) => lines.map((cells) => cells[at[key]].value),
    texts: (key) => lines.map((cells) => cells[at[key]].text),
  };
};

const number = (kind) => {
  const shown = new Intl.NumberFormat(language, kind === "percent" ? { style: "percent", maximumFractionDigits: 1 } : { maximumFractionDigits: 2 });
  return (value) => shown.format(value);
};

const frame = (names, kind) => ({
  animation: false,
  aria: { enabled: false },
  textStyle: { fontFamily: getComputedStyle(document.body).fontFamily, color: token("quiet") },
  grid: { left: 8, right: 20, top: names.length > 1 ? 32 : 14, bottom: 8, containLabel: true },
  tooltip: {
    trigger: "axis", renderMode: "richText", confine: true, backgroundColor: token("surface"),
    borderColor: token("line"), textStyle: { color: token("ink"), fontSize: 13 },
  },
  legend: names.length > 1 ? { data: names, top: 0, right: 0, itemWidth: 36, textStyle: { color: token("soft") } } : undefined,
  xAxis: { type: "category", data: [], axisLine: { lineStyle: { color: token("line") } }, axisTick: { show: false },
    axisLabel: { color: token("quiet") } },
  yAxis: { type: "value", splitLine: { lineStyle: { color: token("line") } },
    axisLabel: { color: token("quiet"), formatter: number(kind) } },
  series: [],
});

const strokes = () => [token("accent"), token("ink"), token("quiet"), token("exempt")];

// one line of a series: a dash of its own beside its color; what is named dashed is a forecast or the last period
const stroke = (index, dashed) => ({
  type: "line", showSymbol: false, connectNulls: false,
  lineStyle: { color: strokes()[index], width: 2, type: dashed && index === 0 ? "dashed" : DASHES[index] },
  itemStyle: { color: strokes()[index] },
});

// the tooltip says what the table says, in its words
const said = (shown, key, keys) => (marks) => {
  const index = marks[0]?.dataIndex;
  if (index === undefined) return "";
  const lines = keys.map((each) => `${shown.column(each).head}: ${shown.texts(each)[index]}`);
  return [`${shown.column(key).head}: ${shown.texts(key)[index]}`, ...lines].join("\n");
};

const kinds = {
  // a share that rises in steps: band of rectangles, median marked, who is not there yet under the axis
  curve(shown, { x, series, band, below, dashed, median, medianLabel, marks }) {
    const keys = listed(series).slice(0, 4);
    const option = frame(keys.map((key) => shown.column(key).head), shown.column(keys[0]).kind);
    const times = shown.values(x);
    const end = Math.max(...times, ...listed(marks).map(Number));
    const ticks = listed(marks).map(Number);
    const waiting = new Map(below ? times.map((time, index) => [time, shown.texts(below)[index]]) : []);
    const named = [shown.column(x).head, ...(below ? [shown.column(below).head] : [])].join(" / ");
    option.grid.bottom = below ? 36 : 24;
    option.xAxis = {
      ...option.xAxis, type: "value", data: undefined, min: 0, max: end, splitLine: { show: false }, name: named,
      nameLocation: "middle", nameGap: below ? 46 : 26, nameTextStyle: { color: token("quiet") },
      axisLabel: { color: token("quiet"), lineHeight: 16, customValues: ticks.length ? ticks : undefined,
        formatter: (time) => `${number("")(time)}${below ? `\n${waiting.get(time) ?? ""}` : ""}` },
    };
    option.yAxis = { ...option.yAxis, min: 0, max: 1 };
    option.tooltip.formatter = said(shown, x, [...keys, ...listed(band), ...(below ? [below] : [])]);
    option.series = keys.map((key, index) => ({
      ...stroke(index, listed(dashed).includes(key)), name: shown.column(key).head, step: "end",
      data: shown.values(key).map((value, row) => [times[row], value]),
    }));
    const [low, high] = listed(band).map((key) => shown.values(key));
    if (low && high) {
      const pieces = times.map((time, row) => [time, times[row + 1] ?? end, low[row], high[row]]);
      option.series[0].markArea = {
        silent: true, itemStyle: { color: faint(token("accent"), 0.16) },
        data: pieces.filter(([from, to, least, most]) => to > from && least !== null && most !== null)
          .map(([from, to, least, most]) => [{ coord: [from, least] }, { coord: [to, most] }]),
      };
    }
    if (median) {
      const at = Number(median);
      const label = { show: true, formatter: medianLabel, position: "right", distance: 10, color: token("ink"), fontWeight: 500 };
      option.series[0].markPoint = { silent: true, symbol: "circle", symbolSize: 9, data: [{ coord: [at, 0.5], label }],
        itemStyle: { color: token("accent"), borderColor: token("surface"), borderWidth: 2 } };
      option.series[0].markLine = {
        silent: true, symbol: "none", label: { show: false }, lineStyle: { color: token("quiet"), type: [2, 3] },
        data: [[{ coord: [0, 0.5] }, { coord: [at, 0.5] }], [{ coord: [at, 0.5] }, { coord: [at, 0] }]],
      };
    }
    return option;
  },
  // series over time, each further one with its own dash; the band belongs to a forecast
  lines(shown, { x, series, dashed, band }) {
    const key = x ?? shown.columns[0].key;
    const keys = (series ? listed(series) : shown.columns.slice(1).map((column) => column.key)).slice(0, 4);
    const option = frame(keys.map((each) => shown.column(each).head), shown.column(keys[0]).kind);
    option.yAxis.scale = true;
    option.xAxis.data = shown.texts(key);
    option.xAxis.boundaryGap = false;
    option.tooltip.formatter = said(shown, key, [...keys, ...listed(band)]);
    option.series = keys.map((each, index) => ({
      ...stroke(index, listed(dashed).includes(each)), name: shown.column(each).head, data: shown.values(each),
    }));
    const [low, high] = listed(band).map((each) => shown.values(each));
    if (low && high) {
      const plain = { type: "line", stack: "band", stackStrategy: "all", silent: true, showSymbol: false, lineStyle: { opacity: 0 }, tooltip: { show: false } };
      option.series.push({ ...plain, data: low }, {
        ...plain, data: high.map((value, row) => (value === null || low[row] === null ? null : value - low[row])),
        areaStyle: { color: faint(token("accent"), 0.16) },
      });
    }
    return option;
  },
  // label and amount: first and last are levels, what lies between floats from where the one before ended
  waterfall(shown, { x, series, narrow }) {
    const key = x ?? shown.columns[0].key;
    const amount = series ? listed(series)[0] : shown.columns[1].key;
    const option = frame([], shown.column(amount).kind);
    const values = shown.values(amount);
    const last = values.length - 1;
    let level = 0;
    const bars = values.map((each, index) => {
      const value = each ?? 0;
      const isLevel = index === 0 || index === last;
      const from = isLevel ? value : level;
      level = isLevel ? value : level + value;
      return { low: Math.min(from, level), size: Math.abs(level - from), falls: level < from, isLevel, value };
    });
    option.xAxis.data = shown.texts(key);
    option.xAxis.axisLabel.interval = 0;
    if (narrow) option.xAxis.axisLabel.rotate = 40;
    option.tooltip.formatter = said(shown, key, [amount]);
    option.series = [
      { type: "bar", stack: "all", silent: true, itemStyle: { color: "transparent" }, data: bars.map((bar) => bar.low) },
      { name: shown.column(amount).head, type: "bar", stack: "all", data: bars.map((bar) => ({
        value: bar.size,
        itemStyle: bar.falls
          ? { color: token("quiet"), decal: { symbol: "rect", dashArrayX: [1, 0], dashArrayY: [3, 3], rotation: 0.8, color: token("track") } }
          : { color: token("accent") },
      })) },
      { type: "line", symbol: "rect", symbolSize: [44, 3], lineStyle: { opacity: 0 }, itemStyle: { color: token("ink") },
        data: bars.map((bar) => (bar.isLevel ? bar.value : null)) },
    ];
    return option;
  },
};

const sized = new ResizeObserver((all) => all.forEach(({ target }) => window.echarts.getInstanceByDom(target)?.resize()));
const draw = (figure) => {
  const table = document.getElementById(figure.dataset.table);
  const kind = kinds[figure.dataset.chart];
  if (!table || !kind || !window.echarts) return;
  const shown = read(table);
  if (!shown.lines.length) return;
  figure.hidden = false;
  const plain = figure.parentElement.querySelector("[data-plain]");
  if (plain) plain.hidden = true;
  window.echarts.getInstanceByDom(figure)?.dispose();
  window.echarts.init(figure, null, { renderer: "svg" }).setOption(kind(shown, { ...figure.dataset, narrow: figure.clientWidth < NARROW }));
  sized.observe(figure);
};

const drawAll = () => document.querySelectorAll("figure[data-chart]").forEach(draw);
drawAll();
document.addEventListener("htmx:afterSettle", drawAll);
document.addEventListener("l-theme", drawAll);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAll);
