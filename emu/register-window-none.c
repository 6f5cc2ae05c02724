/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where the register window's program cannot be built: see register-window.h. */
#include "emu/error.h"
#include "emu/register-window.h"

const char register_window_remedy[] =
    "install clang, bpftool, libbpf and libelf (static), as scripts/setup does, and build vtlemu "
    "anew, without ./configure --disable-register-window";

struct register_window *register_window_open(const struct register_window_request *request,
                                             GError **error)
{
    (void)request;
    emu_set_error(error, EMU_ERROR_SETUP, "this vtlemu was built without the register window");
    return NULL;
}

void register_window_close(struct register_window *window)
{
    (void)window;
}

void register_window_give(struct register_window *window, unsigned number, struct vcpu *vcpu)
{
    (void)window;
    (void)number;
    (void)vcpu;
}
