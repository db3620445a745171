// The part of a screen that may be longer than the glass: says so, and goes on at a touch.
import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { DownIcon } from './icons';

const SLACK_PX = 24; // the empty end of it

export function Main({ children, more, kind = '' }: { children: ComponentChildren; more: string; kind?: string }) {
  const main = useRef<HTMLElement>(null);
  const [longer, setLonger] = useState(false);
  const look = () => {
    const element = main.current;
    if (element === null) return;
    setLonger(element.scrollTop + element.clientHeight < element.scrollHeight - SLACK_PX);
  };
  useEffect(() => {
    const element = main.current;
    if (element === null) return;
    const sizes = new ResizeObserver(look);
    sizes.observe(element);
    for (const child of element.children) sizes.observe(child);
    return () => sizes.disconnect();
  }, []);
  useEffect(look);
  return (
    <div class="hold">
      <main ref={main} class={kind} onScroll={look}>{children}</main>
      {longer && (
        <button type="button" class="button main down"
          onClick={() => main.current?.scrollBy(0, main.current.clientHeight * 0.7)}>
          <DownIcon />
          <span>{more}</span>
        </button>
      )}
    </div>
  );
}
