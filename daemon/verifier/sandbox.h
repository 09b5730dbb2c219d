// What a verifier process gives up before it reads its first mail: it can open, start, send to and signal nothing, and
// its memory is bounded. What is left is to read and write the socket that it was started with.
#pragma once

namespace postern::verifier {

// Throws std::system_error where the system refuses: nothing hostile is read then.
void enter_sandbox();

// False in builds with sanitizers, whose runtimes want memory and files of their own: enter_sandbox() sets neither the
// filter of system calls nor the bound of memory there.
[[nodiscard]] bool sandbox_is_complete() noexcept;

}  // namespace postern::verifier
