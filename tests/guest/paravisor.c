/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The small paravisor: see paravisor.h. */
#include "tests/guest/paravisor.h"

#define MODIFY_VTL_PROTECTION_MASK 0x000cul
#define INSTALL_INTERCEPT 0x004dul
#define CHECK_SPARSE_ACCESS 0x00d4ul
#define GET_VP_INDEX 0x009aul
#define HV_SMCCC_FUNCTION 0x46000001u
#define USE_VTL 0x10ul /* HV_INPUT_VTL */

#define INTERNAL_ACTIVITY_STATE 0x00000004u
#define X0_NAME 0x00020000u
#define PC_NAME 0x00020022u
#define PENDING_EVENT0 0x00010004u
#define PENDING_EVENT1 0x00010005u
#define VP_ASSIST_PAGE 0x00090013u
#define SINT0 0x000a0000u
#define SCONTROL 0x000a0010u
#define SIMP 0x000a0013u
#define EOM 0x000a0014u
#define ENABLE 1ul
#define SINT_POLLING (1ul << 18)
#define SINT_VECTOR 0x12u /* a PPI */

#define ASSIST_MESSAGE 0x70
#define FLAG_PENDING 1

#define STATUS_DENIED 6

/* ESR_EL1 of a synchronous external data abort from EL1, and what of the intercept it takes over. */
#define INJECTED_ESR (0x25ul << 26 | 1ul << 25 | 0x10ul)
#define EVENT_PENDING 1ul

enum command {
    COMMAND_SET_REGISTER = 1,
    COMMAND_GET_REGISTER,
    COMMAND_PROTECT,
    COMMAND_POLICY,
    COMMAND_COUNT,
    COMMAND_REASON,
    COMMAND_READ,
    COMMAND_WRITE,
    COMMAND_CHECK,
    COMMAND_INTERRUPTS,
    COMMAND_INSTALL,
    COMMAND_CALL,
};

/* What one VP of the paravisor knows. */
static struct paravisor {
    struct shared shared;
    enum policy policy;
    unsigned count;
    volatile unsigned interrupts;
    unsigned reason, last_reason;
    struct intercept last;
} paravisors[GUEST_MAX_VPS];

static uint8_t assist_pages[GUEST_MAX_VPS][PAGE] __attribute__((aligned(4096)));
static uint8_t message_pages[GUEST_MAX_VPS][PAGE] __attribute__((aligned(4096)));
static uint64_t protect_pages[GUEST_MAX_VPS][PAGE / 8] __attribute__((aligned(4096)));

/* --- At the higher VTL ------------------------------------------------------------------------ */

static uint64_t lower_get_of(uint32_t vp, uint32_t name)
{
    uint64_t block[16] = {HV_PARTITION_SELF, vp | USE_VTL << 32, name};

    hv_call(HV_NATIVE, HV_CALL_GET_VP_REGISTERS | HV_FAST | HV_REPS(1), block);
    return block[HV_NATIVE_OUTPUT];
}

static uint64_t lower_get(uint32_t name)
{
    return lower_get_of(HV_VP_SELF, name);
}

static void lower_set_of(uint32_t vp, uint32_t name, uint64_t low, uint64_t high)
{
    uint64_t block[16] = {HV_PARTITION_SELF, vp | USE_VTL << 32, name, 0, low, high};
    uint64_t result = hv_call(HV_NATIVE, HV_CALL_SET_VP_REGISTERS | HV_FAST | HV_REPS(1), block);

    check(HV_STATUS(result) == 0, "paravisor: setting 0x%x: 0x%lx", name, result);
}

static void lower_set(uint32_t name, uint64_t low, uint64_t high)
{
    lower_set_of(HV_VP_SELF, name, low, high);
}

/* As many pages in one call as fit its input page. */
static uint64_t protect(uint64_t page, uint64_t count, uint64_t rights)
{
    uint64_t *input = protect_pages[guest_vp()];
    uint64_t block[16] = {(uintptr_t)input};
    uint64_t result = 0;

    while (count && HV_STATUS(result) == 0) {
        uint64_t part = count < PAGE / 8 - 2 ? count : PAGE / 8 - 2;

        input[0] = HV_PARTITION_SELF;
        input[1] = rights; /* and HV_INPUT_VTL 0: its own protections */
        for (uint64_t i = 0; i < part; i++)
            input[2 + i] = page + i;
        result = hv_call(HV_NATIVE, MODIFY_VTL_PROTECTION_MASK | HV_REPS(part), block);
        page += part;
        count -= part;
    }
    return result;
}

static uint64_t check_access(uint64_t page, uint64_t rights, uint64_t *element)
{
    uint64_t block[16] = {HV_PARTITION_SELF, USE_VTL | rights << 8, page};
    uint64_t result = hv_call(HV_NATIVE, CHECK_SPARSE_ACCESS | HV_FAST | HV_REPS(1), block);

    *element = block[HV_NATIVE_OUTPUT];
    return result;
}

static uint64_t install(uint32_t type, uint32_t access)
{
    uint64_t block[16] = {HV_PARTITION_SELF, access | (uint64_t)type << 32, 0};

    return HV_STATUS(hv_call(HV_NATIVE, INSTALL_INTERCEPT | HV_FAST, block));
}

static uint64_t call_from_memory(uint64_t control, uint64_t in, uint64_t out)
{
    uint64_t block[16] = {in, out};

    return hv_call(HV_NATIVE, control, block);
}

static void inject(const struct intercept *intercept)
{
    lower_set(PENDING_EVENT0, EVENT_PENDING, INJECTED_ESR);
    lower_set(PENDING_EVENT1, intercept->gva, 0);
}

/* Shared registers are in our hands, the others are VTL0's own. */
static void set_lower_x(struct shared *shared, unsigned reg, uint64_t value)
{
    if (reg <= 17)
        shared->x[reg] = value;
    else if (reg >= 19 && reg <= 28)
        shared->x[reg - 1] = value;
    else if (reg <= 30)
        lower_set(X0_NAME + reg, value, 0);
}

static void emulate(struct shared *shared, const struct intercept *intercept)
{
    if (intercept->access == INTERCEPT_READ)
        set_lower_x(shared, intercept->syndrome >> 16 & 0x1f, 0x1000 + intercept->gpa % PAGE);
    lower_set(PC_NAME, intercept->pc + 4, 0);
}

static void skip(const struct intercept *intercept)
{
    bool fetch = intercept->type == INTERCEPT_PROTECTION &&
                 intercept->access == INTERCEPT_EXECUTE;

    lower_set(PC_NAME, fetch ? lower_get(X0_NAME + 30) : intercept->pc + 4, 0);
}

/* CPU_ON for VTL0: X1 is the MPIDR, X2 the entry, X3 what it finds in X0. */
static uint64_t start_by_psci(const uint64_t *x)
{
    uint64_t block[16] = {HV_PARTITION_SELF, 0, x[1]};
    uint64_t result = hv_call(HV_NATIVE, GET_VP_INDEX | HV_FAST | HV_REPS(1), block);
    uint32_t vp = (uint32_t)block[14];

    check(HV_STATUS(result) == 0, "paravisor: no VP has MPIDR 0x%lx", x[1]);
    if (!lower_get_of(vp, INTERNAL_ACTIVITY_STATE))
        return (uint64_t)PSCI_ALREADY_ON;
    lower_set_of(vp, PC_NAME, x[2], 0);
    lower_set_of(vp, X0_NAME, x[3], 0);
    lower_set_of(vp, INTERNAL_ACTIVITY_STATE, 0, 0);
    return PSCI_SUCCESS;
}

/* VTL0 has named the VTL to start, so that the call means the same from here. */
static uint64_t start_by_hypercall(const uint64_t *x)
{
    uint64_t block[16] = {0};

    memcpy(block, &x[1], sizeof(block));
    return hv_call(HV_NATIVE, x[0], block);
}

/* HvCallStartVirtualProcessor, fast, by whichever convention; or else CPU_ON. */
static void answer_start(struct paravisor *paravisor, bool start)
{
    uint64_t *x = paravisor->shared.x;
    bool native = (paravisor->last.cache_type & 0xffff) == 1;

    if (native || (uint32_t)x[0] == HV_SMCCC_FUNCTION)
        x[0] = start ? start_by_hypercall(native ? x : &x[1]) : STATUS_DENIED;
    else
        x[0] = start ? start_by_psci(x) : (uint64_t)PSCI_DENIED;
    lower_set(PC_NAME, paravisor->last.pc + 4, 0);
}

static void deal_with(struct paravisor *paravisor)
{
    const struct intercept *last = &paravisor->last;

    switch (paravisor->policy) {
    case POLICY_SKIP:
        skip(last);
        break;
    case POLICY_ALLOW:
        protect(last->gpa / PAGE, 1, RWX);
        break;
    case POLICY_INJECT:
        inject(last);
        break;
    case POLICY_EMULATE:
        emulate(&paravisor->shared, last);
        break;
    case POLICY_ANSWER:
        paravisor->shared.x[0] = last->gva + 1;
        lower_set(PC_NAME, last->pc + 4, 0);
        break;
    case POLICY_START:
    case POLICY_REFUSE:
        answer_start(paravisor, paravisor->policy == POLICY_START);
        break;
    case POLICY_WATCH:
        break;
    }
}

/* From the slot of SINT 0 or from the assist page, wherever it is. */
static bool take_message(struct paravisor *paravisor)
{
    struct intercept *slot = (struct intercept *)message_pages[guest_vp()];
    struct intercept *page = (struct intercept *)(assist_pages[guest_vp()] + ASSIST_MESSAGE);
    bool in_slot = slot->type;
    struct intercept *from = in_slot ? slot : page;

    if (!from->type)
        return false;
    memcpy(&paravisor->last, from, sizeof(*from));
    __asm__ volatile("dmb sy" : : : "memory");
    *(volatile uint32_t *)&from->type = 0;
    __asm__ volatile("dmb sy" : : : "memory");
    if (in_slot && paravisor->last.flags & FLAG_PENDING)
        hv_set(HV_NATIVE, EOM, 0);
    return true;
}

static uint64_t obey(struct paravisor *paravisor, uint64_t *x)
{
    struct hv_value value = {0};

    switch (x[1]) {
    case COMMAND_SET_REGISTER:
        return hv_set(HV_NATIVE, (uint32_t)x[2], x[3]);
    case COMMAND_GET_REGISTER:
        hv_get(HV_NATIVE, (uint32_t)x[2], &value);
        return value.low;
    case COMMAND_PROTECT:
        return protect(x[2], x[3], x[4]);
    case COMMAND_POLICY:
        paravisor->policy = (enum policy)x[2];
        paravisor->count = 0;
        return 0;
    case COMMAND_COUNT:
        memcpy((void *)x[2], &paravisor->last, sizeof(paravisor->last));
        return paravisor->count;
    case COMMAND_REASON:
        return paravisor->last_reason;
    case COMMAND_READ:
        return *(volatile uint64_t *)x[2];
    case COMMAND_WRITE:
        *(volatile uint64_t *)x[2] = x[3];
        return 0;
    case COMMAND_INTERRUPTS:
        return paravisor->interrupts;
    case COMMAND_INSTALL:
        return install((uint32_t)x[2], (uint32_t)x[3]);
    case COMMAND_CALL:
        return call_from_memory(x[2], x[3], x[4]);
    case COMMAND_CHECK:
        return check_access(x[2], x[3], &x[2]);
    default:
        return UINT64_MAX;
    }
}

static void count_interrupt(unsigned intid)
{
    if (check(intid == SINT_VECTOR, "paravisor: interrupt %u", intid))
        paravisors[guest_vp()].interrupts++;
}

static void prepare_interrupt(void)
{
    gic_init();
    gic_enable(SINT_VECTOR);
    interrupt_handle(count_interrupt);
    unmask();
}

static void prepare(void)
{
    bool interrupts = argument_is("sint", "irq");
    unsigned vp = guest_vp();

    hv_set(HV_NATIVE, HV_GUEST_OS_ID, 1ul << 40);
    hv_set(HV_NATIVE, VP_ASSIST_PAGE, (uintptr_t)assist_pages[vp] | ENABLE);
    hv_set(HV_NATIVE, SIMP, (uintptr_t)message_pages[vp] | ENABLE);
    hv_set(HV_NATIVE, SINT0, SINT_VECTOR | (interrupts ? 0 : SINT_POLLING));
    hv_set(HV_NATIVE, SCONTROL, ENABLE);
    if (interrupts)
        prepare_interrupt();
}

void paravisor_serve(void)
{
    struct paravisor *paravisor = &paravisors[guest_vp()];
    const volatile uint32_t *reason =
        (const volatile uint32_t *)(assist_pages[guest_vp()] + ASSIST_REASON);

    prepare();
    for (;;) {
        vtl_run_lower(&paravisor->shared);
        paravisor->last_reason = paravisor->reason;
        paravisor->reason = *reason;
        if (paravisor->reason == ENTRY_CALL) {
            paravisor->shared.x[1] = obey(paravisor, paravisor->shared.x);
            paravisor->reason = paravisor->last_reason;
        } else if (take_message(paravisor)) {
            paravisor->count++;
            deal_with(paravisor);
        }
    }
}

/* --- At VTL0 ---------------------------------------------------------------------------------- */

/*
 * The one call site of a payload. X1 is the command and then the result, X2-X4 its arguments.
 */
static __attribute__((noinline)) uint64_t command(enum command what, uint64_t a, uint64_t b, uint64_t c, uint64_t *out)
{
    register uint64_t x0 __asm__("x0") = 0;
    register uint64_t x1 __asm__("x1") = what;
    register uint64_t x2 __asm__("x2") = a;
    register uint64_t x3 __asm__("x3") = b;
    register uint64_t x4 __asm__("x4") = c;

    __asm__ volatile("hvc #2"
                     : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3), "+r"(x4)
                     :
                     : "memory");
    if (out)
        *out = x2;
    return x1;
}

unsigned paravisor_set(uint32_t name, uint64_t value)
{
    return (unsigned)command(COMMAND_SET_REGISTER, name, value, 0, NULL);
}

uint64_t paravisor_get(uint32_t name)
{
    return command(COMMAND_GET_REGISTER, name, 0, 0, NULL);
}

uint64_t paravisor_protect(const volatile void *address, uint64_t count, unsigned rights)
{
    return command(COMMAND_PROTECT, (uintptr_t)address / PAGE, count, rights, NULL);
}

void paravisor_policy(enum policy policy)
{
    command(COMMAND_POLICY, policy, 0, 0, NULL);
}

unsigned paravisor_intercepts(struct intercept *last)
{
    static struct intercept unused[GUEST_MAX_VPS];

    return (unsigned)command(COMMAND_COUNT, (uintptr_t)(last ? last : &unused[guest_vp()]), 0, 0,
                             NULL);
}

unsigned paravisor_entry_reason(void)
{
    return (unsigned)command(COMMAND_REASON, 0, 0, 0, NULL);
}

unsigned paravisor_interrupts(void)
{
    return (unsigned)command(COMMAND_INTERRUPTS, 0, 0, 0, NULL);
}

unsigned paravisor_install(uint32_t type, uint32_t access)
{
    return (unsigned)command(COMMAND_INSTALL, type, access, 0, NULL);
}

uint64_t paravisor_call(uint64_t control, const void *in, void *out)
{
    return command(COMMAND_CALL, control, (uintptr_t)in, (uintptr_t)out, NULL);
}

uint64_t paravisor_read(const volatile uint64_t *address)
{
    return command(COMMAND_READ, (uintptr_t)address, 0, 0, NULL);
}

void paravisor_write(volatile uint64_t *address, uint64_t value)
{
    command(COMMAND_WRITE, (uintptr_t)address, value, 0, NULL);
}

uint64_t paravisor_check(const volatile void *address, unsigned rights, uint64_t *element)
{
    return command(COMMAND_CHECK, (uintptr_t)address / PAGE, rights, 0, element);
}
