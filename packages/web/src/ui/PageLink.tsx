import { useRouter } from '@tanstack/react-router'
import type { AnchorHTMLAttributes, MouseEvent } from 'react'

type Props = Omit<AnchorHTMLAttributes<HTMLAnchorElement>, 'href'> & {
  /** An address made by `@firn/contract/paths`. */
  to: string
}

/** A link to a page of Firn: opens without loading anew, and is a plain link for every other use. */
export function PageLink({ to, onClick, ...rest }: Props) {
  const router = useRouter()
  const open = (event: MouseEvent<HTMLAnchorElement>) => {
    onClick?.(event)
    if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey) return
    event.preventDefault()
    router.history.push(to)
  }
  return <a {...rest} href={to} onClick={open} />
}
