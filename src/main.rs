//! The program: everything is in the library.

fn main() -> std::process::ExitCode {
    tenpu::front::main()
}
