const listeners = new WeakMap<Element, (near: boolean) => void>();

const observer = new IntersectionObserver(
  (entries) => {
    for (const { target, isIntersecting } of entries) listeners.get(target)?.(isIntersecting);
  },
  { rootMargin: "400px" },
);

/** Tells whenever the element comes within 400 px of the view or leaves it; stops when the answer is called. */
export function watchNearView(element: Element, listener: (near: boolean) => void): () => void {
  listeners.set(element, listener);
  observer.observe(element);
  return () => {
    observer.unobserve(element);
    listeners.delete(element);
  };
}
