/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where there is no KVM for arm64, there is one fact about it. */
#include "emu/probe.h"

void probe_kvm(GArray *results)
{
    probe_add(results, PROBE_MISSING, "KVM for arm64", g_strdup("this host is not arm64"),
              "scripts/bed -- COMMAND runs a command in a test bed that has it");
}
