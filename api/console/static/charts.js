// Charts read their numbers from the table in the same card, so that chart, table and file say one thing.

const token = (name) => {
  const probe = document.createElement("span");
  probe.style.color = `var(--l-${name})`;
  document.body.append(probe);
  const color = getComputedStyle(probe).color;
  probe.remove();
  return color;
};

const read = (table) => {
  const heads = [...table.tHead.rows[0].cells].map((cell) => cell.textContent.trim());
  const lines = [...table.tBodies[0].rows].map((row) => [...row.cells].map((cell) => ({
    text: cell.textContent.trim(),
    value: cell.dataset.value === undefined || cell.dataset.value === "" ? null : Number(cell.dataset.value),
  })));
  return { heads, lines };
};

const frame = (names) => ({
  animation: false,
  textStyle: { fontFamily: getComputedStyle(document.body).fontFamily, color: token("quiet") },
  grid: { left: 8, right: 16, top: 28, bottom: 8, containLabel: true },
  tooltip: { trigger: "axis", renderMode: "richText" },
  legend: names.length > 1 ? { data: names, top: 0, right: 0, textStyle: { color: token("quiet") } } : undefined,
  xAxis: { type: "category", data: [], axisLine: { lineStyle: { color: token("line") } }, axisTick: { show: false },
    axisLabel: { color: token("quiet") } },
  yAxis: { type: "value", scale: true, splitLine: { lineStyle: { color: token("line") } }, axisLabel: { color: token("quiet") } },
  series: [],
});

const kinds = {
  // first column is the axis, each further one a series; those named in data-dashed are forecasts or the last period
  lines({ heads, lines }, dashed) {
    const names = heads.slice(1);
    const option = frame(names);
    const colors = [token("accent"), token("ink"), token("quiet"), token("exempt")];
    option.xAxis.data = lines.map((cells) => cells[0].text);
    option.series = names.slice(0, 4).map((name, index) => ({
      name, type: "line", showSymbol: false, data: lines.map((cells) => cells[index + 1].value),
      lineStyle: { color: colors[index], width: 2, type: dashed.includes(name) ? "dashed" : "solid" },
      itemStyle: { color: colors[index] },
    }));
    return option;
  },
  // label and percent: first and last are levels, what lies between floats from where the one before ended
  waterfall({ heads, lines }) {
    const option = frame([]);
    let level = 0;
    const last = lines.length - 1;
    const bars = lines.map((cells, index) => {
      const value = cells[1].value ?? 0;
      const isLevel = index === 0 || index === last;
      const from = isLevel ? value : level;
      level = isLevel ? value : level + value;
      return { low: Math.min(from, level), size: Math.abs(level - from), falls: level < from, isLevel, value };
    });
    option.xAxis.data = lines.map((cells) => cells[0].text);
    option.series = [
      { type: "bar", stack: "all", silent: true, itemStyle: { color: "transparent" }, data: bars.map((bar) => bar.low) },
      { name: heads[1], type: "bar", stack: "all", data: bars.map((bar) => ({
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

const draw = (figure) => {
  const table = document.getElementById(figure.dataset.table);
  const kind = kinds[figure.dataset.chart];
  if (!table || !kind || !window.echarts) return;
  figure.hidden = false;
  window.echarts.getInstanceByDom(figure)?.dispose();
  const chart = window.echarts.init(figure, null, { renderer: "svg" });
  chart.setOption(kind(read(table), (figure.dataset.dashed ?? "").split(",")));
  new ResizeObserver(() => chart.resize()).observe(figure);
};

const drawAll = () => document.querySelectorAll("figure[data-chart]").forEach(draw);
drawAll();
document.addEventListener("htmx:afterSettle", drawAll);
document.addEventListener("l-theme", drawAll);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAll);
