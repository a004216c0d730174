// SPDX-License-Identifier: Apache-2.0
/** The entry: <hall-board> and <hall-diagram>, for the built-in pages and for any other page. */
import { HallBoard } from "./board.js";
import { HallDiagram } from "./hall-diagram.js";

customElements.define("hall-board", HallBoard);
customElements.define("hall-diagram", HallDiagram);
