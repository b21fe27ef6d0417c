// What pages have beside what browsers give: for `npm run types` only, no browser loads this.

/** Plotly's script, once base of a chart has loaded it. */
declare var Plotly: any;

interface Window {
  Plotly: any;
}
