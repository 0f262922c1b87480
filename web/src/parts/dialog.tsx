/** A window that takes the keyboard until it is closed; focus goes back to where it was. */
import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";
import { Button, type ButtonKind } from "./button";

export interface DialogProps {
  open: boolean;
  onClose: () => void;
  title: string;
  children: ComponentChildren;
  foot?: ComponentChildren;
  wide?: boolean;
}

export function Dialog({ open, onClose, title, children, foot, wide = false }: DialogProps) {
  const box = useRef<HTMLDialogElement>(null);
  const name = useId();
  useEffect(() => {
    const dialog = box.current;
    if (!dialog || !open) return;
    const before = document.activeElement;
    if (!dialog.open) dialog.showModal();
    return () => {
      dialog.close();
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, [open]);
  if (!open) return null;
  return (
    <dialog ref={box} class={`dialog${wide ? " dialog-wide" : ""}`} aria-labelledby={name}
      onCancel={(event) => { event.preventDefault(); onClose(); }}
      onPointerDown={(event) => { if (event.target === box.current) onClose(); }}>
      <div class="dialog-box">
        <header class="dialog-head">
          <h2 id={name}>{title}</h2>
          <Button kind="quiet" icon="close" label="Close" onClick={onClose} />
        </header>
        <div class="dialog-body">{children}</div>
        {foot && <footer class="dialog-foot">{foot}</footer>}
      </div>
    </dialog>
  );
}

export interface ConfirmProps {
  open: boolean;
  title: string;
  children: ComponentChildren;
  /** The word on the button that does it: "Delete", never "OK". */
  verb: string;
  kind?: ButtonKind;
  busy?: boolean;
  onConfirm: () => void;
  onClose: () => void;
}

export function Confirm({ verb, kind = "danger", busy = false, onConfirm, onClose, children, ...rest }: ConfirmProps) {
  return (
    <Dialog {...rest} onClose={onClose} foot={
      <>
        <Button onClick={onClose}>Cancel</Button>
        <Button kind={kind} busy={busy} onClick={onConfirm}>{verb}</Button>
      </>
    }>
      {children}
    </Dialog>
  );
}
