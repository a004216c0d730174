// SPDX-License-Identifier: Apache-2.0
/** What the hall page adds to the look. */
import { styled } from "./sheet.js";

export const hallSheet = styled(`
.top .word{font-size:1em;text-align:left}
.truth[data-kind=replay]{color:var(--blue)}
.truth[data-kind=replay]::before{content:"↶ "}
h1 a{text-decoration:underline;text-decoration-thickness:1px;text-underline-offset:.2em}
:host>.old,.old{margin:0}
.old{border-radius:0;padding:.4em 1.4em}
.hall{display:grid;gap:1.2em;padding:1.25em 1.4em 1.6em;align-items:start;
  grid-template:"film can" auto "drawn past" auto "drawn events" 1fr/minmax(0,27em) minmax(0,1fr)}
.alarms{padding:1.25em 1.4em 0;margin:0}
.alarms li{margin:0 0 .5em}
.film-panel{grid-area:film}.can{grid-area:can}.drawn{grid-area:drawn}.past{grid-area:past}.events{grid-area:events}
.film-panel,.can{align-self:stretch}
.panel h2{color:var(--dim);margin-bottom:.6em}
.panel .next:not(:empty){margin-top:.6em}
.drawn .since{font-size:.88em}
.drawn .place{margin:1em 0}
.explained{outline:none;cursor:help}
.near{fill:none;stroke:transparent;stroke-width:12}
.explained:is(:hover,:focus) .move{stroke:var(--ink);stroke-width:2.6}
.explained:focus-visible .near{stroke:var(--blue);stroke-opacity:.35}
.caption{min-height:2.9em;font-size:.88em;color:var(--dim);margin-top:.5em}
.outlook{margin:0}
.outlook div{display:grid;grid-template-columns:9.5em 1fr;gap:.8em;padding:.18em 0}
.outlook dt{font-weight:600}
.outlook dd{margin:0;color:var(--dim);display:grid;grid-template-columns:7em 1fr}
.outlook :is(dt,b){white-space:nowrap}
.outlook [data-can] b{color:var(--green)}
.can .buttons{margin-top:1em}
.can .stop{margin-left:auto}
.lane{display:grid;grid-template-columns:8em 1fr;gap:.5em;align-items:center;min-height:1.75em}
.lane>span{color:var(--dim);font-size:.92em;line-height:1.2}
.lane small{display:block}
.track{position:relative;height:1.15em;overflow:hidden;background:color-mix(in srgb,var(--line) 35%,transparent)}
.track i{position:absolute;top:0;bottom:0;overflow:hidden;white-space:nowrap;font:600 .68em/1.75 var(--board-font,system-ui,"DejaVu Sans",sans-serif);
  padding-left:.4em;color:var(--on);border-left:1px solid var(--card);background:var(--green)}
.track i[data-kind=idle]{background:var(--line);color:var(--ink)}
.track i:is([data-kind=threading],[data-kind=rewinding],[data-kind=connecting],[data-kind=draining]){background:var(--blue)}
.track i[data-kind=projecting]{background:var(--amber)}
.track i:is([data-kind=fault],[data-kind=backing_off],[data-kind=refused]){background:var(--red)}
.lane:last-of-type .track i{background:var(--red)}
.offset .track{height:2.6em}
.offset svg{height:100%;overflow:hidden}
.offset path{fill:none;stroke:var(--ink);stroke-width:1.4}
.offset .zero{stroke:var(--dim);stroke-width:.6}
.band{fill:var(--green);fill-opacity:.16}
.axis{display:flex;align-items:center;gap:.8em;margin-top:.8em;color:var(--dim)}
.axis input{flex:1;min-width:0;accent-color:var(--amber);height:1.6em}
.axis .back{border-color:var(--blue);color:var(--blue);padding:.1em .9em;min-height:2em;font-weight:600}
table{border-collapse:collapse;width:100%}
tr{border-top:1px solid var(--line)}
td{padding:.38em .5em;vertical-align:top;overflow-wrap:anywhere}
.at{color:var(--dim);white-space:nowrap;width:1%}
.kind{width:30%}
tr[data-verdict=transition] .kind{font-weight:600}
tr:is([data-verdict=refusal],[data-fault]) .kind{color:var(--red)}
.events .feet{margin-top:.8em;flex-wrap:wrap;font-size:.92em}
.events .feet a{text-decoration:underline}
[data-replay] :is(.panel){border-style:dashed;border-color:var(--blue)}
button:disabled{opacity:.45;cursor:not-allowed}
@media (max-width:900px){
  .hall{grid-template:"film" "can" "drawn" "past" "events"/minmax(0,1fr)}
}
@media (max-width:480px){
  .hall,.alarms{padding-left:.9em;padding-right:.9em}
  .outlook div{display:block;padding:.25em 0}
  .outlook dd{grid-template-columns:7em 1fr}
  .lane{grid-template-columns:5.6em 1fr}
  td{display:block;padding:.1em 0;width:auto!important}
  tr{display:block;padding:.4em 0}
  .can .stop{margin-left:0;width:100%;order:-1;min-height:3em}
}
@media (forced-colors:active){
  .track i{forced-color-adjust:none;background:Canvas!important;color:CanvasText;border:1px solid CanvasText}
  .track i:is([data-kind=fault],[data-kind=backing_off],[data-kind=refused]){background:Highlight!important;color:HighlightText}
  .offset path{stroke:CanvasText}
}
`);
