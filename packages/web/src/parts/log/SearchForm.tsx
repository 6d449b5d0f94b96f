import { TextInput } from '@mantine/core'
import { useState } from 'react'

/** Asks for a text and searches when it is sent. */
export function SearchForm({ value, onSearch }: { value: string; onSearch: (text: string) => void }) {
  const [text, setText] = useState(value)
  return (
    <search>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          onSearch(text.trim())
        }}
      >
        <TextInput
          type="search"
          data-search=""
          aria-label="Search the logs"
          placeholder="Search  /  and enter"
          maxLength={200}
          value={text}
          onChange={(event) => setText(event.currentTarget.value)}
        />
      </form>
    </search>
  )
}
