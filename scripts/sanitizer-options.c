/* For the shim that build-shim.sh builds with sanitizers: a shim has nowhere to print, so findings go to a file. Leaks are
 * not looked for at its end: that needs ptrace, which the shim forbids for the container's sake. */
const char *__asan_default_options(void);
const char *__ubsan_default_options(void);

const char *__asan_default_options(void) { return "detect_leaks=0:log_path=" SANITIZER_LOG; }
const char *__ubsan_default_options(void) { return "print_stacktrace=1:log_path=" SANITIZER_LOG; }
