// SPDX-License-Identifier: Apache-2.0
/** The look, by meaning: amber is light on film, blue hands at work, red a fault, green healthy. */

/** Make a style sheet from text. */
export function styled(text) {
  const made = new CSSStyleSheet();
  made.replaceSync(text);
  return made;
}

export const sheet = styled(`
:host{
  color-scheme:light dark;
  --paper:var(--board-paper,light-dark(#f5f4ef,#131210));
  --card:var(--board-card,light-dark(#fff,#1d1c1a));
  --line:var(--board-line,light-dark(#d8d5c8,#3d3b36));
  --ink:var(--board-ink,light-dark(#1c1b18,#f0ede4));
  --dim:var(--board-dim,light-dark(#67635a,#a8a296));
  --amber:var(--board-amber,light-dark(#a05e00,#ffb347));
  --blue:var(--board-blue,light-dark(#1f5aa8,#86b4ff));
  --red:var(--board-red,light-dark(#b3241d,#ff8a80));
  --green:var(--board-green,light-dark(#1a7443,#5fd397));
  --film:light-dark(#5a5045,#8f8373);
  --beam:light-dark(#dfbc8a,#85612c);
  --alarm:light-dark(#f8eaea,#33241f);
  --on:light-dark(#fff,#131210);
  display:block;background:var(--paper);color:var(--ink);
  font:1em/1.45 var(--board-font,system-ui,"DejaVu Sans",sans-serif);font-variant-numeric:tabular-nums;
}
:host([theme=light]){color-scheme:light}
:host([theme=dark]){color-scheme:dark}
:host([hidden]),[hidden]{display:none!important}
*{box-sizing:border-box}
h1,h2,h3,p,ul{margin:0;padding:0;font-size:1em}
ul{list-style:none}
a{color:inherit;text-decoration:none}
a:hover{text-decoration:underline}
:focus-visible{outline:3px solid var(--blue);outline-offset:2px;border-radius:3px}
.unseen{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
.top{display:flex;flex-wrap:wrap;align-items:baseline;gap:.2em 1.2em;padding:1em 1.4em;border-bottom:1px solid var(--line)}
.top h1{font-size:1.15em}
.facts,.since,.title,.next{color:var(--dim)}
.facts[data-bad]{color:var(--red);font-weight:600}
.truth{margin-left:auto;font-weight:600;color:var(--dim)}
.truth::before{content:"○ "}
.truth[data-kind=live]{color:var(--green)}
.truth[data-kind=live]::before{content:"● "}
.truth[data-kind=delayed]{color:var(--amber)}
.truth[data-kind=delayed]::before{content:"◐ "}
.truth[data-kind=offline],.truth[data-kind=ended]{color:var(--red)}
.truth[data-kind=offline]::before,.truth[data-kind=ended]::before{content:"▲ "}
.halls{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(19.5em,100%),1fr));max-width:calc(var(--halls,4)*36em);gap:0 1.1em;padding:1.25em 1.4em .5em}
.card,.panel{background:var(--card);border:1px solid var(--line);border-radius:.6em;padding:1.1em 1em 1em;min-width:0}
.card{border-top:6px solid var(--line);display:grid;grid-row:span 8;grid-template-rows:subgrid;grid-template-columns:minmax(0,1fr);margin-bottom:1.2em}
.card[data-state=projecting]{border-top-color:var(--amber)}
.card[data-state=threading],.card[data-state=rewinding]{border-top-color:var(--blue)}
.card[data-state=fault]{border-top-color:var(--red);outline:2px dashed var(--red);outline-offset:4px}
.card header{display:flex;justify-content:space-between;gap:1em;align-items:baseline}
.card h2{font-size:1.25em;white-space:nowrap}
.word{text-align:right;font-size:1.05em;line-height:1.3}
.word .since{display:block;font-size:.83em;margin-top:.2em}
[data-state=projecting] .word strong{color:var(--amber)}
[data-state=threading] .word strong,[data-state=rewinding] .word strong{color:var(--blue)}
[data-state=fault] .word strong{color:var(--red)}
.title{min-height:2.2em;padding-top:.5em;font-size:.95em;overflow-wrap:anywhere}
.old{align-self:start;color:var(--ink);background:var(--line);padding:.25em .6em;border-radius:.3em;font-weight:600;font-size:.92em}
[data-old] :is(.film-path,.place,.sessions,.word,.title,.next,.drawn){filter:grayscale(1);opacity:.62}
[data-old].card{border-top-color:var(--line)}
[data-old] .turning{animation:none!important}
svg{display:block;width:100%;height:auto;overflow:visible}
svg text{fill:var(--dim);text-anchor:middle}
.path text{font-size:10.5px}
.flange{fill:none;stroke:var(--line);stroke-width:2}
.film{fill:var(--film)}
.hub circle{fill:var(--card);stroke:var(--film);stroke-width:1.5}
.hub path{stroke:var(--film);stroke-width:1.8}
.strip{fill:none;stroke:var(--film);stroke-width:2.3}
.gate{fill:light-dark(#6b675d,#a8a296)}
.dowser{fill:var(--ink)}
.beam{fill:var(--beam)}
[data-runs=forward] .turning{animation:turn 4s steps(32) infinite}
[data-runs=back] .turning{animation:turn 3s steps(24) infinite reverse}
@keyframes turn{to{transform:rotate(360deg)}}
.bar{height:.38em;border-radius:.2em;background:var(--line);margin-top:.35em;overflow:hidden}
.bar i{display:block;height:100%;background:var(--amber);width:calc(var(--run,0)*100%)}
.feet{display:flex;flex-wrap:wrap;justify-content:space-between;gap:0 1em;margin-top:.45em}
.place{aspect-ratio:1.85;margin:.9em 0 .7em;min-width:0}
.state rect{fill:var(--card);stroke:light-dark(#67635a,#a8a296);stroke-width:calc(1.4px*var(--k))}
.state text{fill:var(--ink)}
.state[data-name=fault] rect{stroke-dasharray:calc(4px*var(--k)) calc(3px*var(--k))}
.state[data-active] rect{fill:var(--ink);stroke:var(--ink)}
.state[data-active] text{fill:var(--card);font-weight:700}
.state[data-active][data-name=projecting] rect{fill:var(--amber);stroke:var(--amber)}
.state[data-active]:is([data-name=threading],[data-name=rewinding]) rect{fill:var(--blue);stroke:var(--blue)}
.state[data-active][data-name=fault] rect{fill:var(--red);stroke:var(--red)}
.state[data-active]:not([data-name=idle]) text{fill:var(--on)}
.move{fill:none;stroke:light-dark(#67635a,#a8a296);stroke-width:calc(1.2px*var(--k))}
.move.aside{stroke:light-dark(#aaa598,#6b675e)}
.tip.aside path{fill:light-dark(#aaa598,#6b675e)}
.move.fault{stroke:light-dark(#b5b0a2,#5d5a53);stroke-dasharray:calc(2px*var(--k)) calc(3px*var(--k))}
.tip path{fill:light-dark(#67635a,#a8a296)}
.tip.fault path{fill:light-dark(#b5b0a2,#5d5a53)}
.tip.last path{fill:var(--ink)}
.fired{stroke:var(--ink);stroke-width:calc(2.4px*var(--k));stroke-dasharray:100 100}
[data-state=projecting] .fired{stroke:var(--amber)}
[data-state=projecting] .tip.last path{fill:var(--amber)}
:is([data-state=threading],[data-state=rewinding]) .fired{stroke:var(--blue)}
:is([data-state=threading],[data-state=rewinding]) .tip.last path{fill:var(--blue)}
[data-state=fault] .fired{stroke:var(--red)}
[data-state=fault] .tip.last path{fill:var(--red)}
.sessions li{display:flex;align-items:center;gap:.45em;min-height:1.9em;font-size:.92em}
.sessions .word{flex:1;text-align:left;font-size:1em}
.sessions b{min-width:6em;font-weight:600}
.trip,.age{color:var(--dim);white-space:nowrap}
.age{min-width:2.6em;text-align:right}
.mark{flex:none;width:.65em;height:.65em;border-radius:50%;border:2px solid var(--dim)}
[data-shape=up] .mark{background:var(--green);border-color:var(--green)}
[data-shape=busy] .mark{border-color:var(--blue);border-style:dotted}
[data-shape=bad] .mark{border-color:var(--red);border-radius:1px}
[data-shape=bad] .word{color:var(--red);font-weight:600}
.ring{flex:none;width:1.25em;height:1.25em;transform:rotate(-90deg)}
.ring circle{fill:none;stroke:var(--line);stroke-width:2.6}
.ring .full{stroke:var(--green)}
:is([data-shape=down],[data-shape=bad]) :is(.ring,.trip){display:none}
.alarms{margin-top:.3em}
.next{margin-top:.4em}
.alarms li{background:var(--alarm);border-left:4px solid var(--red);padding:.65em .8em;border-radius:0 .25em .25em 0;margin-top:.4em}
.alarms li:not([data-open]){border-left-style:double;background:none}
.buttons{display:flex;flex-wrap:wrap;gap:.6em;margin-top:.5em}
.note:empty{display:none}
.note{margin-top:.4em;font-weight:600;color:var(--red)}
button{font:inherit;color:var(--ink);background:var(--card);border:1.5px solid var(--ink);border-radius:.4em;padding:.4em .9em;min-height:2.4em;cursor:pointer}
button:hover{background:var(--paper)}
button[data-blocked]{color:var(--dim);border-color:var(--line)}
button[data-stage=asked]{border-style:dashed}
button[data-stage=done]{border-color:var(--green);color:var(--green)}
button.stop{background:light-dark(#b3241d,#c9332b);border-color:light-dark(#b3241d,#c9332b);color:#fff;font-weight:700}
button.sound{font-size:.88em;padding:.1em .7em;min-height:2em;border-color:var(--line);color:var(--dim)}
:host([wall]){font-size:clamp(1em,.55vw + .45em,2.2em);min-height:100vh}
@media (prefers-reduced-motion:reduce){.turning{animation:none!important}}
@media (max-width:480px){.top,.halls{padding-left:.9em;padding-right:.9em}}
@media (forced-colors:active){
  .card,.panel,.bar{border-color:CanvasText}
  .card[data-state=fault]{outline-color:Highlight}
  .bar{border:1px solid}
  .bar i,.mark,.state rect,.film,.gate,.dowser,.beam,.ring{forced-color-adjust:none}
  .bar i,.film,.gate,.dowser,.tip path{background:CanvasText;fill:CanvasText}
  .beam{fill:Highlight}
  .flange,.strip,.move,.ring .full{stroke:CanvasText}
  .hub circle,.state rect{fill:Canvas;stroke:CanvasText}
  .state text,svg text{fill:CanvasText}
  .state[data-active] rect{fill:Highlight!important;stroke:Highlight!important}
  .state[data-active] text{fill:HighlightText!important}
  .fired{stroke:Highlight!important}
}
`);
