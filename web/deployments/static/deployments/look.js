// SPDX-License-Identifier: Apache-2.0
/** What these pages add to the look. A server's place is told by its word, its edge and its bar, never by colour alone. */
import { styled } from "../board/sheet.js";

export const look = styled(`
h1 a,main a,.links a,td a,h3 a{text-decoration:underline;text-decoration-thickness:1px;text-underline-offset:.2em}
:host>.old,.old{margin:0}
.old{border-radius:0;padding:.4em 1.4em}
.body{display:grid;gap:1.2em;padding:1.25em 1.4em 1.6em;grid-template-columns:minmax(0,1fr)}
.panel h2{color:var(--dim);margin-bottom:.6em}
.panel h3{font-size:1em}
.panel>.buttons{margin-top:1em}
.stands{font-size:1.15em;font-weight:600;overflow-wrap:anywhere}
[data-tone=bad].stands,[data-tone=bad] .state{color:var(--red)}
[data-tone=good].stands,[data-tone=good] .state{color:var(--green)}
[data-tone=busy].stands,[data-tone=busy] .state{color:var(--blue)}
.facts{margin-top:.4em}
.links{margin-top:.6em;display:flex;flex-wrap:wrap;gap:.2em 1.4em}
.whole{display:flex;height:.8em;margin-top:.8em;background:var(--line);border-radius:.3em;overflow:hidden}
.whole i{flex:var(--share,0) 0 0;background:var(--line)}
.whole [data-place=committed]{background:var(--green)}
.whole [data-place=working]{background:var(--blue)}
.whole [data-place=rolled_back]{background:repeating-linear-gradient(135deg,var(--red) 0 .35em,var(--card) .35em .5em)}
.whole [data-place=failed]{background:var(--red)}
.waves h3{margin:1em 0 .5em;color:var(--dim)}
.waves>:first-child h3{margin-top:0}
.servers{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(17em,100%),1fr));gap:.8em}
.server{border:1px solid var(--line);border-left:5px solid var(--line);border-radius:.4em;padding:.6em .8em .7em;min-width:0}
.server[data-tone=busy]{border-left-color:var(--blue)}
.server[data-tone=good]{border-left-color:var(--green)}
.server[data-tone=bad]{border-left-color:var(--red)}
.server[data-place=failed]{outline:2px dashed var(--red);outline-offset:2px}
.server header{display:flex;flex-wrap:wrap;justify-content:space-between;gap:0 .8em}
.server h4{margin:0;font-size:1em}
.server h4 a{text-decoration:underline;text-decoration-thickness:1px;text-underline-offset:.2em}
.server .state{font-weight:600}
.server p{font-size:.92em;color:var(--dim);overflow-wrap:anywhere}
.server .words{color:var(--ink);margin-top:.35em}
.bar i{background:var(--blue)}
[data-tone=good] .bar i{background:var(--green)}
[data-tone=bad] .bar i{background:var(--red)}
.wide{overflow-x:auto}
table{border-collapse:collapse;width:100%}
th{text-align:left;color:var(--dim);font-weight:600;padding:.38em .5em}
tr{border-top:1px solid var(--line)}
thead tr{border:0}
td{padding:.38em .5em;vertical-align:top;overflow-wrap:anywhere}
.at{color:var(--dim);white-space:nowrap;width:1%}
.kind{width:12em;font-weight:600}
tr[data-verdict=refusal] td,tr[data-does=false] .kind{color:var(--red)}
pre{margin:.3em 0 1em;padding:.7em .9em;background:var(--paper);border:1px solid var(--line);border-radius:.4em;overflow:auto;max-height:24em;
  font:.88em/1.5 ui-monospace,"DejaVu Sans Mono",monospace;white-space:pre-wrap;overflow-wrap:anywhere}
code{font:.95em ui-monospace,"DejaVu Sans Mono",monospace}
details{margin-top:.3em}
summary{cursor:pointer}
form{display:grid;gap:.8em 1.2em;grid-template-columns:repeat(auto-fill,minmax(min(13em,100%),1fr));align-items:start}
form>div{align-self:end}
form label{display:grid;gap:.2em;font-weight:600}
form small{font-weight:400;color:var(--dim)}
form .wideone{grid-column:1/-1}
input,select{font:inherit;color:var(--ink);background:var(--paper);border:1.5px solid var(--dim);border-radius:.4em;padding:.35em .6em;min-height:2.4em;width:100%;min-width:0}
button:disabled{opacity:.45;cursor:not-allowed}
button.danger{border-color:var(--red);color:var(--red)}
dialog{max-width:32em;width:calc(100vw - 2em);color:var(--ink);background:var(--card);border:1.5px solid var(--ink);border-radius:.6em;padding:1.2em 1.3em}
dialog::backdrop{background:#0008}
dialog h2{margin-bottom:.5em;font-size:1.1em}
dialog .buttons{margin-top:1.1em}
.checks{display:flex;flex-wrap:wrap;gap:.2em 1.4em;margin-top:.6em}
[data-old] :is(.server,.stands,.whole,table,pre,.checks){filter:grayscale(1);opacity:.7}
@media (max-width:480px){
  .body{padding-left:.9em;padding-right:.9em}
  .stacked thead{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
  .stacked td{display:block;padding:.1em 0;width:auto!important}
  .stacked tr{display:block;padding:.5em 0}
}
@media (forced-colors:active){
  .bar i,.whole i{forced-color-adjust:none;background:CanvasText}
  .whole i[data-place=waiting]{background:Canvas}
  .server{border-color:CanvasText}
  .server[data-place=failed]{outline-color:Highlight}
}
`);
