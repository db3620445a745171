# cmake -DOUTPUT=file.cc -DFILES=a.textproto;b.textproto -P embed.cmake
# Writes the files as string literals, in the order of their names.
set(entries "")
foreach(file IN LISTS FILES)
  get_filename_component(name ${file} NAME)
  file(READ ${file} text)
  string(APPEND entries "      {\"${name}\", R\"textproto(${text})textproto\"},\n")
endforeach()
file(WRITE ${OUTPUT} "#include \"analysis/frameworks/embedded.h\"\n
namespace hailong::frameworks {\n
std::vector<EmbeddedFile> EmbeddedFiles() {
  return {\n${entries}  };
}\n
}  // namespace hailong::frameworks\n")
