// SPDX-License-Identifier: GPL-2.0-or-later
/* The block in the editor: what is chosen beside it, and the board itself as readers will see it. */
((wp) => {
  const { createElement: el, Fragment, useEffect, useRef, useState } = wp.element;
  const { InspectorControls, useBlockProps } = wp.blockEditor;
  const { CheckboxControl, PanelBody, Placeholder, SelectControl, ToggleControl } = wp.components;
  const { __ } = wp.i18n;
  const boards = window.projectionistBoards ?? { module: "", sites: {} };

  /** The editor draws in a frame of its own: the component must be known there. */
  function load(frame) {
    if (frame.querySelector("script[data-projectionist]")) return;
    const script = frame.createElement("script");
    Object.assign(script, { type: "module", src: boards.module });
    script.dataset.projectionist = "";
    frame.head.append(script);
  }

  function useHalls(site) {
    const [halls, setHalls] = useState([]);
    useEffect(() => {
      let wanted = true;
      setHalls([]);
      if (site) {
        wp.apiFetch({ path: `/projectionist/v1/sites/${site}/halls` }).then(
          (board) => wanted && setHalls(board.halls),
          () => {}, // the board itself says that nobody answers
        );
      }
      return () => {
        wanted = false;
      };
    }, [site]);
    return halls;
  }

  function Board({ site, halls, compact, theme }) {
    const place = useRef();
    useEffect(() => load(place.current.ownerDocument), []);
    const attributes = { ...boards.sites[site], halls: halls.join(" "), theme: theme || undefined, quiet: "", scope: "view" };
    for (const [name, value] of Object.entries(attributes)) if (value === true) attributes[name] = "";
    if (compact) attributes.compact = "";
    return el("div", { ref: place, className: "projectionist-board", inert: "" }, el("hall-board", { key: JSON.stringify(attributes), ...attributes }));
  }

  function Edit({ attributes, setAttributes }) {
    const ids = Object.keys(boards.sites);
    const site = attributes.site || ids[0] || "";
    const halls = useHalls(site);
    const chosen = attributes.halls.length ? attributes.halls : halls.map((hall) => hall.id);
    const choose = (id, on) => {
      const some = halls.map((hall) => hall.id).filter((each) => (each === id ? on : chosen.includes(each)));
      if (some.length) setAttributes({ halls: some.length === halls.length ? [] : some });
    };
    const controls = el(
      InspectorControls,
      {},
      el(
        PanelBody,
        { title: __("Board", "projectionist") },
        el(SelectControl, {
          __nextHasNoMarginBottom: true,
          __next40pxDefaultSize: true,
          label: __("Site", "projectionist"),
          value: site,
          options: ids.map((id) => ({ value: id, label: id })),
          onChange: (value) => setAttributes({ site: value, halls: [] }),
        }),
        el(ToggleControl, {
          __nextHasNoMarginBottom: true,
          label: __("Compact: words alone", "projectionist"),
          checked: attributes.compact,
          onChange: (compact) => setAttributes({ compact }),
        }),
        el(SelectControl, {
          __nextHasNoMarginBottom: true,
          __next40pxDefaultSize: true,
          label: __("Colours", "projectionist"),
          value: attributes.theme,
          options: [
            { value: "", label: __("As the reader's device", "projectionist") },
            { value: "light", label: __("Light", "projectionist") },
            { value: "dark", label: __("Dark", "projectionist") },
          ],
          onChange: (theme) => setAttributes({ theme }),
        }),
      ),
      el(
        PanelBody,
        { title: __("Halls", "projectionist") },
        halls.map((hall) =>
          el(CheckboxControl, {
            __nextHasNoMarginBottom: true,
            key: hall.id,
            label: hall.name,
            checked: chosen.includes(hall.id),
            onChange: (on) => choose(hall.id, on),
          }),
        ),
      ),
    );
    const body = site
      ? el(Board, { ...attributes, site })
      : el(Placeholder, { label: __("Hall board", "projectionist") }, __("No cinema is connected, or you may not see its halls.", "projectionist"));
    return el(Fragment, {}, controls, el("div", useBlockProps(), body));
  }

  wp.blocks.registerBlockType("projectionist/board", { edit: Edit, save: () => null });
})(window.wp);
